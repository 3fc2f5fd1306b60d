import { posix } from 'node:path';
import { type FileTree } from '../repository.js';
import { CORE_ENTRY_POINTS, CORE_ORDER, MAX_FILES, PROJECT_ORDER } from './rules.js';

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

/** Finds rows of the tables that no file of the tree belongs to: a rule about nothing hides that a folder was renamed. */
export function checkRows(tree: FileTree): readonly string[] {
  const paths = [...tree.keys()];
  const core = [...CORE_ORDER.keys(), ...CORE_ENTRY_POINTS].map((row) =>
    row.endsWith('/') ? `packages/core/src/${row}` : `packages/core/src/${row}.ts`,
  );
  const projects = [...PROJECT_ORDER.keys()].map((project) => `${project}/src/`);
  return [...core, ...projects]
    .filter((prefix) => !paths.some((path) => path.startsWith(prefix)))
    .map((prefix) => `tools/layers/rules.ts has a row for ${prefix}, which does not exist`);
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
