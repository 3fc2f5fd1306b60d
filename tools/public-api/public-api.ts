import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import ts from 'typescript';
import { compilerOptions } from '../compiler-options.js';
import { repositoryRoot } from '../repository.js';

/** What one entry point of a published package exports, as its list says it. */
export interface PublicApi {
  /** What it is imported by, such as `@countersign/core/http`. */
  readonly specifier: string;
  /** Path of the list, relative to the repository: `public-api.txt`, or `public-api.http.txt` for `./http`. */
  readonly path: string;
  readonly text: string;
}

interface EntryPoint {
  readonly specifier: string;
  /** Relative to the repository. */
  readonly list: string;
  /** Absolute. */
  readonly file: string;
}

/** The condition under which a package's `exports` name its sources. */
const SOURCE_CONDITION = '@countersign/source';

/** Stands for the kind of an export whose declaration was not found. */
export const UNRESOLVED = 'unresolved';

/** What an export can be; more than one where a value and a type share a name. A class is both by itself. */
const KINDS: readonly (readonly [ts.SymbolFlags, string])[] = [
  [ts.SymbolFlags.Class, 'class'],
  [ts.SymbolFlags.Function, 'function'],
  [ts.SymbolFlags.Variable, 'const'],
  [ts.SymbolFlags.Interface, 'interface'],
  [ts.SymbolFlags.TypeAlias, 'type'],
];

/**
 * Lists what every entry point of the published packages exports, values and types, by the compiler and from the sources.
 * A package that exports nothing, because it is a command, has no list.
 */
export function readPublicApis(): readonly PublicApi[] {
  const folders = readdirSync(join(repositoryRoot, 'packages')).map((name) => `packages/${name}`);
  const entryPoints = folders.flatMap(readEntryPoints);
  const program = ts.createProgram({
    rootNames: entryPoints.map(({ file }) => file),
    options: compilerOptions(),
  });
  return entryPoints.map((entryPoint) => ({
    specifier: entryPoint.specifier,
    path: entryPoint.list,
    text: `${listExports(program, entryPoint).join('\n')}\n`,
  }));
}

function readEntryPoints(folder: string): readonly EntryPoint[] {
  const manifest = JSON.parse(readFileSync(join(repositoryRoot, folder, 'package.json'), 'utf8')) as {
    readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  };
  return Object.entries(manifest.exports ?? {}).flatMap(([subpath, target]) => {
    const source = typeof target === 'string' ? undefined : target[SOURCE_CONDITION];
    if (source === undefined) return [];
    const name = subpath.slice('.'.length);
    return {
      specifier: posix.join('@countersign', folder.slice('packages/'.length), name),
      list: `${folder}/public-api${name.replaceAll('/', '.')}.txt`,
      file: join(repositoryRoot, folder, source),
    };
  });
}

function listExports(program: ts.Program, { file }: EntryPoint): readonly string[] {
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file);
  const module = source && checker.getSymbolAtLocation(source);
  if (module === undefined) throw new Error(`${file} exports nothing`);
  return checker
    .getExportsOfModule(module)
    .map((symbol) => `${kindOf(checker, symbol)} ${symbol.name}`)
    .sort();
}

function kindOf(checker: ts.TypeChecker, symbol: ts.Symbol): string {
  const isAlias = (symbol.flags & ts.SymbolFlags.Alias) !== 0;
  const { flags } = isAlias ? checker.getAliasedSymbol(symbol) : symbol;
  // A class that is exported as a type only is no value.
  if ((flags & ts.SymbolFlags.Class) !== 0 && isTypeOnly(symbol)) return 'type';
  const kinds = KINDS.filter(([flag]) => (flags & flag) !== 0).map(([, kind]) => kind);
  return kinds.length === 0 ? UNRESOLVED : kinds.join('+');
}

function isTypeOnly({ declarations = [] }: ts.Symbol): boolean {
  return declarations.some(
    (each) => ts.isExportSpecifier(each) && (each.isTypeOnly || each.parent.parent.isTypeOnly),
  );
}
