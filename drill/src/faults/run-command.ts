import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const COMMAND = join(
  dirname(createRequire(import.meta.url).resolve('@countersign/cli/package.json')),
  'bin/countersign.js',
);
const KILLER = new URL('kill-at-write.js', import.meta.url).href;

/** How a command ended: killed, or with an exit code. */
export type Ending = { readonly killed: true } | { readonly killed: false; readonly code: number | null };

/** A command of `countersign keys`, as it is typed. */
export interface KeysCommand {
  /** Its name, and options. */
  readonly words: readonly string[];
  /** The key that it is about, if it names one. */
  readonly keyId?: string | undefined;
}

/** Runs a command on a directory. It is killed just before its write number `killAtWrite`, if there is one. */
export async function runCommand(
  { words, keyId }: KeysCommand,
  directory: string,
  killAtWrite = Infinity,
): Promise<Ending> {
  // A key id may begin with a hyphen, as an option does: it stands last.
  const key = keyId === undefined ? [] : ['--', keyId];
  const child = spawn(
    process.execPath,
    ['--import', KILLER, COMMAND, 'keys', ...words, '--dir', directory, '--json', ...key],
    { env: { ...process.env, KILL_AT_WRITE: String(killAtWrite) }, stdio: 'ignore' },
  );
  await once(child, 'exit');
  return child.signalCode === 'SIGKILL' ? { killed: true } : { killed: false, code: child.exitCode };
}
