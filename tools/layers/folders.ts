import { posix } from 'node:path';
import { type FileTree } from '../repository.js';
import { MAX_FILES } from './rules.js';

/** Finds folders of sources that hold too many files, and names that two source files of one project share. */
export function checkFolders(tree: FileTree): readonly string[] {
  const sources = [...tree.keys()].filter((path) => path.endsWith('.ts') && path.includes('/src/'));
  const byFolder = groupBy(sources, (path) => posix.dirname(path));
  const byName = groupBy(sources, (path) => `${path.split('/src/')[0] ?? ''} ${posix.basename(path)}`);
  return [
    ...[...byFolder]
      .filter(([, files]) => files.length > MAX_FILES)
      .map(
        ([folder, files]) =>
          `${folder}: ${String(files.length)} files, at most ${String(MAX_FILES)} are allowed`,
      ),
    ...[...byName.values()]
      .filter((files) => files.length > 1)
      .map((files) => `one name for two files: ${files.join(', ')}`),
  ];
}

function groupBy(
  paths: readonly string[],
  keyOf: (path: string) => string,
): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  for (const path of paths) {
    const key = keyOf(path);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [path]);
    else group.push(path);
  }
  return groups;
}
