import { posix } from 'node:path';
import ts from 'typescript';
import { type FileTree } from '../repository.js';
import { readImports } from './imports.js';

/** A file of the tree with what it imports, read once for all checks. */
export interface SourceFile {
  readonly path: string;
  /** The folder of the project that it belongs to, such as `packages/core`. */
  readonly project: string;
  readonly isTest: boolean;
  readonly syntax: ts.SourceFile;
  readonly imports: readonly {
    readonly specifier: string;
    readonly line: number;
    /** The file that a relative import means. */
    readonly target?: string;
  }[];
}

/** Parses all TypeScript files of a tree; types are not looked at. */
export function readSources(tree: FileTree): readonly SourceFile[] {
  return [...tree]
    .filter(([path]) => path.endsWith('.ts'))
    .map(([path, text]) => {
      const syntax = ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true);
      return {
        path,
        project: projectOf(path),
        isTest: /\/test\/|\.spec\.ts$/.test(path),
        syntax,
        imports: readImports(syntax).map((reference) => {
          const target = resolveRelative(tree, path, reference.specifier);
          return target === undefined ? reference : { ...reference, target };
        }),
      };
    });
}

/** `packages/x/...` and `apps/x/...` belong to that folder, everything else to its first folder. */
function projectOf(path: string): string {
  const [first = '', second = ''] = path.split('/');
  return first === 'packages' || first === 'apps' ? `${first}/${second}` : first;
}

/** The file of the tree that a relative specifier means, if there is one. */
function resolveRelative(tree: FileTree, importer: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  const target = posix.join(posix.dirname(importer), specifier);
  return [target, target.replace(/\.js$/, '.ts'), `${target}.ts`, `${target}/index.ts`].find((path) =>
    tree.has(path),
  );
}
