/**
 * Loaded before a command (`node --import`): kills the process, as nobody can who is polite, just before the write to the
 * disk whose number `KILL_AT_WRITE` says. What a file is filled with is written in two halves, so that a kill can fall
 * between them. What a command reads is left alone.
 */
import files, { type FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const killAt = Number(process.env['KILL_AT_WRITE']);
let writes = 0;

/** Ends the process when it is time. What was about to be written is not. */
function beforeWrite(): void {
  writes++;
  if (writes === killAt) process.kill(process.pid, 'SIGKILL');
}

function counted(write: (...written: never[]) => unknown): (this: unknown, ...written: never[]) => unknown {
  return function (...written) {
    beforeWrite();
    return write.apply(this, written);
  };
}

/** Counts what is written by an open file. */
function countWrites(file: FileHandle): void {
  const writeFile = file.writeFile.bind(file);
  const writeInHalves = async (text: string): Promise<void> => {
    const middle = Math.floor(text.length / 2);
    for (const half of [text.slice(0, middle), text.slice(middle)]) {
      beforeWrite();
      await writeFile(half);
    }
  };
  Object.defineProperties(file, {
    writeFile: { value: writeInHalves },
    sync: { value: counted(file.sync.bind(file)) },
  });
}

const { open } = files;
const countedOpen: typeof open = async (path, flags, mode) => {
  if (flags !== undefined && flags !== 'r') beforeWrite();
  const file = await open(path, flags, mode);
  countWrites(file);
  return file;
};

for (const name of ['mkdir', 'link', 'rename', 'rm', 'unlink', 'writeFile', 'copyFile', 'chmod'] as const) {
  Object.defineProperty(files, name, { value: counted(files[name]) });
}
Object.defineProperty(files, 'open', { value: countedOpen });
// Modules that have imported these already see them too.
syncBuiltinESMExports();
