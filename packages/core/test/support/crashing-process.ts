import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { transpileCore } from './transpiled-core.js';

/**
 * What happens at a step: the process is killed before it, or the system refuses it with that code; of `LOST_REPLY` the link
 * is made, and the answer is that its name is taken, as NFS says when a request had to be repeated.
 */
export type Fault = 'SIGKILL' | 'ENOSPC' | 'LOST_REPLY';

/** How a process ended that changes files. */
export interface Ending {
  /** `SIGKILL` when it was killed at that step; null when it had fewer steps and came to its end. */
  readonly signal: NodeJS.Signals | null;
  /** Whether it had that step. */
  readonly isHit: boolean;
  readonly code: number | null;
  readonly stderr: string;
}

/** Runs core's commands on a key directory in processes of their own, which are killed where a test says. */
export interface CrashingProcess {
  /**
   * @param faultAt the number of the step, from 1 on, that goes wrong. A step is one call that changes files; a write has
   * two, the second of which comes when half of it is done.
   */
  run(directory: string, command: string, faultAt: number, fault?: Fault): Promise<Ending>;
}

/** Loaded before the program: it replaces what `node:fs` and `node:fs/promises` export, so that the program needs no hook for it. */
const PRELOAD = `
import fs from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

let step = 0;
const faultAt = Number(process.env.FAULT_AT);
const fault = process.env.FAULT;
const failure = (code, syscall) => Object.assign(new Error(code + ': sesame'), { code, syscall });
function atStep(syscall) {
  step += 1;
  if (step !== faultAt) return;
  console.error('faulty step');
  if (fault === 'SIGKILL') process.kill(process.pid, 'SIGKILL');
  if (fault === 'ENOSPC') throw failure('ENOSPC', syscall);
}

for (const name of ['mkdir', 'link', 'rename', 'rm', 'unlink']) {
  const original = promises[name];
  promises[name] = async (...args) => {
    atStep(name);
    await original(...args);
    if (fault !== 'LOST_REPLY' || name !== 'link' || step !== faultAt) return;
    console.error('the reply is lost');
    throw failure('EEXIST', name);
  };
}
const open = promises.open;
const probe = await open(process.execPath, 'r');
const FileHandle = Object.getPrototypeOf(probe);
await probe.close();
const { writeFile } = FileHandle;
const { fsync } = fs;
fs.fsync = (fd, done) => {
  try {
    atStep('fsync');
  } catch (error) {
    return done(error);
  }
  fsync(fd, done);
};
FileHandle.writeFile = async function (text) {
  atStep('write');
  await writeFile.call(this, text.slice(0, text.length / 2));
  atStep('write');
  await writeFile.call(this, text.slice(text.length / 2));
};
promises.open = async (path, flags = 'r', ...rest) => {
  if (flags !== 'r') atStep('open');
  return open(path, flags, ...rest);
};
syncBuiltinESMExports();
`;

const PROGRAM = `
import { openKeyDirectory } from './key-store/directory/key-directory.js';
import { createKeyStore } from './key-store/create-key-store.js';

const [directory, command] = process.argv.slice(2);
const keys = openKeyDirectory({ directory });
const named = async (state) => (await keys.read()).keys.find((key) => key.state === state).keyId;
await {
  open: async () => (await createKeyStore({ directory })).close(),
  prepare: () => keys.prepare(),
  activate: () => keys.activate({ force: true }),
  retire: () => keys.retire({ force: true }),
  revoke: async () => keys.revoke({ keyId: await named('active') }),
}[command]();
`;

/** @param directory where the program is written. */
export async function createCrashingProcess(directory: string): Promise<CrashingProcess> {
  await transpileCore(directory);
  const preload = join(directory, 'preload.mjs');
  const program = join(directory, 'program.mjs');
  await writeFile(preload, PRELOAD);
  await writeFile(program, PROGRAM);
  return {
    async run(keyDirectory, command, faultAt, fault = 'SIGKILL') {
      const child = spawn(process.execPath, ['--import', preload, program, keyDirectory, command], {
        env: { ...process.env, NODE_OPTIONS: '', FAULT_AT: String(faultAt), FAULT: fault },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let stderr = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
      const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
      const isHit = stderr.includes('faulty step');
      if (!isHit && code !== 0) throw new Error(`${command} failed: ${stderr}`);
      return { signal, isHit, code, stderr };
    },
  };
}
