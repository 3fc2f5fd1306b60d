import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { ConfigError } from '../environment.js';
import { errorCode } from '../error-code.js';

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
 * @throws ConfigError when a running process holds the lock, or is about to.
 */
export function lockDirectory(directory: string): DirectoryLock {
  mkdirSync(directory, { recursive: true });
  const locks = `${directory.replace(/\/+$/, '')}.locks`;
  mkdirSync(locks, { recursive: true });
  // Each owner has the number after the last one's, and only the file with the highest number counts. It is never
  // removed but by the owner of a higher one: so nobody can take away a lock that is not the one he looked at.
  const last = highest(locks);
  const owner = readOwner(join(locks, String(last)));
  if (owner !== undefined && owner !== process.pid && isRunning(owner)) {
    throw new ConfigError(`DATA_DIR: ${directory} is in use by process ${String(owner)}`);
  }
  const mine = join(locks, String(last + 1));
  if (!tryCreate(mine)) throw beingOpened(directory);
  if (highest(locks) !== last + 1) {
    // While we looked, others came and went, and removed the number that we have now.
    rmSync(mine, { force: true });
    throw beingOpened(directory);
  }
  for (const number of numbers(locks))
    if (number <= last) rmSync(join(locks, String(number)), { force: true });
  return { release: () => giveUp(mine) };
}

function beingOpened(directory: string): ConfigError {
  return new ConfigError(`DATA_DIR: ${directory} is being opened by another process`);
}

function numbers(locks: string): readonly number[] {
  return readdirSync(locks)
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function highest(locks: string): number {
  return Math.max(0, ...numbers(locks));
}

/** A link appears with all that is in the file: nobody sees a lock without its owner. */
function tryCreate(file: string): boolean {
  const draft = `${file}-${randomUUID()}`;
  writeFileSync(draft, String(process.pid), { flag: 'wx' });
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Leaves the file, without an owner: its number must not be used again. */
function giveUp(file: string): void {
  try {
    truncateSync(file);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
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
