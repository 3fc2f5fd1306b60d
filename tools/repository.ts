import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The files of a repository, or of a made-up one in a test: path with `/`, relative to its root -> text. */
export type FileTree = ReadonlyMap<string, string>;

const SKIPPED_FOLDERS: ReadonlySet<string> = new Set(['node_modules', 'dist', 'coverage']);

/** The root of this repository: the nearest folder above this file that holds `nx.json`. */
export const repositoryRoot = findRoot(dirname(fileURLToPath(import.meta.url)));

/** Reads all files under `folders` whose name `wanted` accepts. Hidden folders, builds and dependencies are left out. */
export function readFiles(folders: readonly string[], wanted: (path: string) => boolean): FileTree {
  const files = new Map<string, string>();
  for (const folder of folders) {
    for (const path of walk(join(repositoryRoot, folder))) {
      const name = relative(repositoryRoot, path).split(sep).join('/');
      if (wanted(name)) files.set(name, readFileSync(path, 'utf8'));
    }
  }
  return files;
}

function walk(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (!entry.isDirectory()) return [path];
    return entry.name.startsWith('.') || SKIPPED_FOLDERS.has(entry.name) ? [] : walk(path);
  });
}

function findRoot(folder: string): string {
  if (readdirSync(folder).includes('nx.json')) return folder;
  if (dirname(folder) === folder) throw new Error('no folder above this file holds nx.json');
  return findRoot(dirname(folder));
}
