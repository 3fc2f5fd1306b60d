import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { ConfigError } from './environment.js';
import { errorCode } from './error-code.js';

/** A directory that this process alone may use until `release`. */
export interface DirectoryLock {
  release(): void;
}

/**
 * Keeps a second process out of a directory, by a file beside it with the owner's process id.
 *
 * A lock whose owner is gone (a crash, SIGKILL) is taken over. Only processes of this machine, and of
 * this process namespace, see each other.
 *
 * @throws ConfigError when a running process holds the lock.
 */
export function lockDirectory(directory: string): DirectoryLock {
  mkdirSync(directory, { recursive: true });
  const file = `${directory.replace(/\/+$/, '')}.lock`;
  if (!tryCreate(file)) {
    const owner = readOwner(file);
    if (owner !== undefined && owner !== process.pid && isRunning(owner)) {
      throw new ConfigError(`DATA_DIR: ${directory} is in use by process ${String(owner)}`);
    }
    rmSync(file, { force: true });
    if (!tryCreate(file)) throw new ConfigError(`DATA_DIR: ${directory} is being opened by another process`);
  }
  return { release: () => rmSync(file, { force: true }) };
}

function tryCreate(file: string): boolean {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

function readOwner(file: string): number | undefined {
  try {
    const owner = Number(readFileSync(file, 'utf8'));
    return Number.isSafeInteger(owner) && owner > 0 ? owner : undefined;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, but belongs to somebody else.
    return errorCode(error) === 'EPERM';
  }
}
