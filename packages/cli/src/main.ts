import { runCommandLine } from './command-line.js';

process.stdout.on('error', ({ code = 'unknown error' }: NodeJS.ErrnoException) => {
  // A reader that has seen enough, such as `head`, is no failure of ours.
  if (code === 'EPIPE') return;
  process.exitCode = 1;
  process.stderr.write(`Failed: the output cannot be written (${code})\n`);
});
const exitCode = await runCommandLine(process.argv.slice(2));
process.exitCode ??= exitCode;
