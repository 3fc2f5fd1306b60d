import { join } from 'node:path';
import { problemOf, type KeyProblem } from './file-errors.js';
import { isTemporary, ITSELF } from './files.js';
import { generationOf } from './manifest.js';
import { GROUP_WRITES } from './permissions.js';
import { loadKey, readSnapshot, type DirectorySnapshot, type ReadOptions } from './read-directory.js';

/** Lists what is wrong with a key directory, each file on its own; throws for nothing that it finds. */
export async function checkDirectory(options: ReadOptions): Promise<readonly KeyProblem[]> {
  const problems: KeyProblem[] = [];
  const { directory } = options;
  const attempt = async <Result>(path: string, read: () => Promise<Result>): Promise<Result | undefined> => {
    try {
      return await read();
    } catch (error) {
      problems.push({ severity: 'error', ...problemOf(error, path) });
      return undefined;
    }
  };
  const snapshot = await attempt(directory, () => readSnapshot(options));
  if (snapshot !== undefined) {
    if (snapshot.rotation.keys.length === 0)
      problems.push({
        severity: 'warning',
        path: directory,
        problem: 'holds no key yet; one is made at start',
      });
    for (const record of snapshot.rotation.keys.filter(({ state }) => state !== 'gone'))
      await attempt(join(directory, record.file), () => loadKey(record, options));
    problems.push(...strangeFiles(snapshot, options), ...openToGroup(snapshot, options));
  }
  return problems;
}

/** Orchestrators make volumes that a group may write: no reason to refuse the directory. */
function openToGroup({ entries }: DirectorySnapshot, { directory }: ReadOptions): readonly KeyProblem[] {
  const mode = entries.find(({ name }) => name === ITSELF)?.stats?.mode ?? 0;
  if ((mode & GROUP_WRITES) === 0 || process.platform === 'win32') return [];
  const problem = `its group may write it, and take files away or put others there; if that is not meant: chmod g-w ${directory}`;
  return [{ severity: 'warning', path: directory, problem }];
}

/** Files that no record names, and manifests that are cut off. */
function strangeFiles(
  { rotation, generation, entries }: DirectorySnapshot,
  { directory }: ReadOptions,
): KeyProblem[] {
  const named = new Map(rotation.keys.map(({ file, state }) => [file, state]));
  return entries.flatMap(({ name }): KeyProblem[] => {
    if (name === ITSELF) return [];
    const found = (problem: string): KeyProblem[] => [
      { severity: 'warning', path: join(directory, name), problem },
    ];
    if (isTemporary(name))
      return found('is half-written; the next change deletes it when it is ten minutes old');
    const its = generationOf(name);
    if (its !== undefined)
      return its > generation ? found('is cut off; the manifest before it counts; delete it') : [];
    if (named.get(name) === 'gone') return found('is the file of a key that is gone; delete it');
    if (named.has(name) || name.startsWith('..')) return [];
    if (name.endsWith('.jwk.json')) return found('is a key that the manifest does not name; it is not used');
    return found('is not known here');
  });
}
