import { fsync, type Stats } from 'node:fs';
import { link, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { errorCode } from '../../lib/error-text.js';
import { fileError } from './file-errors.js';

/** Waits until a file is on the disk. The file handles of Yarn, in a project with Plug'n'Play, have no `sync`. */
const toDisk = promisify(fsync);

/** A file of a key directory. */
export interface DirectoryEntry {
  readonly name: string;
  /** Of what a symbolic link leads to; undefined when it has gone since it was listed, or leads nowhere. */
  readonly stats: Stats | undefined;
}

/** A key or a manifest is far smaller; more of a file is not read. */
const MAX_FILE_BYTES = 262_144;

/** Makes a directory that this user alone may use, unless it exists. @throws TypeError `config_invalid` */
export async function makeDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw fileError(error, directory, 'cannot be made');
  }
}

/** The names that {@link writeNewFile} uses while it writes. */
export function isTemporary(name: string): boolean {
  return name.startsWith('.') && name.endsWith('.tmp');
}

/** The entry of the directory itself. */
export const ITSELF = '.';

/** Lists the files of a directory, by name, after the directory itself. */
export async function listFiles(directory: string): Promise<readonly DirectoryEntry[]> {
  const names = [ITSELF, ...(await readdir(directory)).sort()];
  return Promise.all(
    names.map(async (name) => ({ name, stats: await statOrNothing(join(directory, name)) })),
  );
}

async function statOrNothing(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** A file's text and the permissions of the very file that it was read from. */
export async function readFileAndStats(
  path: string,
): Promise<{ readonly text: string; readonly stats: Stats }> {
  const file = await open(path, 'r');
  try {
    const stats = await file.stat();
    if (stats.size > MAX_FILE_BYTES) return { text: '', stats };
    return { text: await file.readFile('utf8'), stats };
  } finally {
    await file.close();
  }
}

/**
 * Writes a file that this user alone may read, under a name that is free; other processes see all of it or nothing, also
 * after a crash or a power cut. Of several that write one name at once, one succeeds.
 * @returns false when the name is taken; nothing is written then.
 */
export async function writeNewFile(directory: string, name: string, text: string): Promise<boolean> {
  const temporary = join(directory, `.${String(process.pid)}-${crypto.randomUUID()}.tmp`);
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await toDisk(file.fd);
    } finally {
      await file.close();
    }
    if (!(await linkAsFirst(temporary, join(directory, name)))) return false;
  } finally {
    await rm(temporary, { force: true });
  }
  await syncDirectory(directory);
  return true;
}

/**
 * Gives a file a second name. @returns false when the name is taken. Over NFS a link may be made, its answer lost, and the
 * repeated request refused because of the first: the count of the file's names tells.
 */
async function linkAsFirst(path: string, name: string): Promise<boolean> {
  try {
    await link(path, name);
    return true;
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    return (await stat(path)).nlink > 1;
  }
}

/** Deletes files; those that are gone already count as deleted. */
export async function removeFiles(directory: string, names: readonly string[]): Promise<void> {
  for (const name of names) await rm(join(directory, name), { force: true });
  if (names.length > 0) await syncDirectory(directory);
}

/** A new name is safe from a power cut when its directory is on the disk. Windows does not open directories. */
async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') return;
  const opened = await open(directory, 'r');
  try {
    await toDisk(opened.fd);
  } finally {
    await opened.close();
  }
}
