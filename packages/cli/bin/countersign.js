#!/usr/bin/env node
// Committed, so that `npm ci` can link the command before the first build.
try {
  await import('../dist/main.js');
} catch (error) {
  if (error?.code !== 'ERR_MODULE_NOT_FOUND') throw error;
  process.stderr.write(
    'Failed: the command is not built. In its repository, run npm run build first; else install it again.\n',
  );
  process.exitCode = 1;
}
