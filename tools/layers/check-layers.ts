import { posix } from 'node:path';
import ts from 'typescript';
import { type FileTree } from '../repository.js';
import { findCycles } from './cycles.js';
import { checkFolders } from './folders.js';
import { parse, readImports, resolveRelative } from './imports.js';
import { findForbiddenReach } from './reach.js';
import { ALSO_IN_TESTS, CORE_ENTRY_POINTS, CORE_ORDER, MAX_LINES, PROJECT_ORDER } from './rules.js';

/** A file of the tree with what it imports, read once for all checks. */
interface SourceFile {
  readonly path: string;
  /** The folder of the project that it belongs to, such as `packages/core`. */
  readonly project: string;
  readonly isTest: boolean;
  readonly syntax: ts.SourceFile;
  readonly imports: readonly {
    readonly specifier: string;
    readonly line: number;
    readonly target?: string;
  }[];
}

const SCOPE = '@countersign/';
const CORE_SOURCES = 'packages/core/src/';

/**
 * Finds what breaks the order of the repository: a forbidden import or chain of imports, an import cycle, a deep import,
 * a long file, a folder of too many files, one name for two files of a project, `export *` or a default export. Each finding is one line that names file, line and rule.
 * Types and third-party packages are not looked at: the compiler and ESLint do that.
 */
export function checkLayers(tree: FileTree): readonly string[] {
  const files = [...tree]
    .filter(([path]) => path.endsWith('.ts'))
    .map(([path, text]) => readSource(tree, path, text));
  const graph = new Map(files.map((file) => [file.path, targetsOf(file)]));
  return [
    ...checkFolders(tree),
    ...files.flatMap(checkLength),
    ...files.flatMap(checkExports),
    ...files.flatMap(checkCoreOrder),
    ...files.flatMap((file) => checkProjectOrder(tree, file)),
    ...findForbiddenReach(graph),
    ...findCycles(graph).map((cycle) => `import cycle: ${cycle.join(' -> ')}`),
  ];
}

function readSource(tree: FileTree, path: string, text: string): SourceFile {
  const syntax = parse(path, text);
  return {
    path,
    project: projectOf(path),
    isTest: /\/test\/|\.spec\.ts$/.test(path),
    syntax,
    imports: readImports(syntax).map((reference) => {
      const target = reference.specifier.startsWith('.')
        ? resolveRelative(tree, path, reference.specifier)
        : undefined;
      return target === undefined ? reference : { ...reference, target };
    }),
  };
}

function checkLength({ path, syntax }: SourceFile): readonly string[] {
  const lines = syntax.text.split('\n').length - (syntax.text.endsWith('\n') ? 1 : 0);
  return lines > MAX_LINES
    ? [`${path}: ${String(lines)} lines, at most ${String(MAX_LINES)} are allowed`]
    : [];
}

function checkExports({ path, syntax }: SourceFile): readonly string[] {
  return syntax.statements.flatMap((statement) => {
    const { line } = syntax.getLineAndCharacterOfPosition(statement.getStart(syntax));
    const place = `${path}:${String(line + 1)}`;
    if (exportsEverything(statement)) return [`${place}: \`export *\`; list the exports by hand`];
    return exportsDefault(statement) ? [`${place}: default export; export by name`] : [];
  });
}

function exportsEverything(statement: ts.Statement): boolean {
  if (!ts.isExportDeclaration(statement)) return false;
  return statement.exportClause === undefined || ts.isNamespaceExport(statement.exportClause);
}

function exportsDefault(statement: ts.Statement): boolean {
  if (ts.isExportAssignment(statement)) return true;
  if (ts.isExportDeclaration(statement) && statement.exportClause !== undefined) {
    const clause = statement.exportClause;
    return ts.isNamedExports(clause) && clause.elements.some((element) => element.name.text === 'default');
  }
  const modifiers = ts.canHaveModifiers(statement) ? ts.getModifiers(statement) : undefined;
  return modifiers?.some((modifier) => modifier.kind === ts.SyntaxKind.DefaultKeyword) === true;
}

function checkCoreOrder(file: SourceFile): readonly string[] {
  if (!file.path.startsWith(CORE_SOURCES)) return [];
  const from = rowOf(file.path);
  if (CORE_ENTRY_POINTS.has(from)) return [];
  const allowed = CORE_ORDER.get(from);
  if (allowed === undefined)
    return [`${file.path}: "${from}" is in no row of CORE_ORDER in tools/layers/rules.ts`];
  return file.imports.flatMap(({ target, line }) => {
    if (!target?.startsWith(CORE_SOURCES)) return [];
    const to = rowOf(target);
    const isAllowed =
      (from === to && from.endsWith('/')) || allowed.includes(to) || (allowed.includes('root') && isRoot(to));
    return isAllowed ? [] : [`${file.path}:${String(line)}: ${from} must not import ${to}`];
  });
}

/** The row of `CORE_ORDER`: the name of a root file, or the folder and `/`. */
function rowOf(path: string): string {
  const [first = '', ...rest] = path.slice(CORE_SOURCES.length).split('/');
  return rest.length > 0 ? `${first}/` : first.replace(/\.ts$/, '');
}

function isRoot(row: string): boolean {
  return !row.endsWith('/') && !CORE_ENTRY_POINTS.has(row);
}

function checkProjectOrder(tree: FileTree, file: SourceFile): readonly string[] {
  const allowed = PROJECT_ORDER.get(file.project);
  if (allowed === undefined) {
    return file.project === 'tools' ? [] : [`${file.path}: ${file.project} is in no row of PROJECT_ORDER`];
  }
  return file.imports.flatMap(({ specifier, line }) => {
    const problem = specifier.startsWith('.')
      ? leavesProject(file, specifier)
      : wrongPackage(tree, file, specifier, allowed);
    return problem === undefined ? [] : [`${file.path}:${String(line)}: ${problem}`];
  });
}

function leavesProject(file: SourceFile, specifier: string): string | undefined {
  const target = posix.join(posix.dirname(file.path), specifier);
  if (target.startsWith(`${file.project}/`)) {
    const entersTests = !file.isTest && target.startsWith(`${file.project}/test/`);
    return entersTests ? 'sources must not import tests' : undefined;
  }
  return `${specifier} leaves ${file.project}; import the other project by its package name`;
}

function wrongPackage(
  tree: FileTree,
  file: SourceFile,
  specifier: string,
  allowed: readonly string[],
): string | undefined {
  if (!specifier.startsWith(SCOPE)) return undefined;
  const [name = '', ...rest] = specifier.slice(SCOPE.length).split('/');
  const target = [`packages/${name}`, `apps/${name}`].find((folder) => tree.has(`${folder}/package.json`));
  if (target === undefined) return `${specifier} is no project here`;
  const mayImport = [...allowed, ...(file.isTest ? [...ALSO_IN_TESTS, file.project] : [])];
  if (!mayImport.includes(target)) return `${file.project} must not import ${target}`;
  const subpath = ['.', ...rest].join('/');
  return exportedSubpaths(tree, target).includes(subpath) ? undefined : `${specifier} is a deep import`;
}

function exportedSubpaths(tree: FileTree, project: string): readonly string[] {
  const manifest: unknown = JSON.parse(tree.get(`${project}/package.json`) ?? '{}');
  const hasExports = typeof manifest === 'object' && manifest !== null && 'exports' in manifest;
  return hasExports ? Object.keys(manifest.exports ?? {}) : [];
}

/** `packages/x/...` and `apps/x/...` belong to that folder, everything else to its first folder. */
function projectOf(path: string): string {
  const [first = '', second = ''] = path.split('/');
  return first === 'packages' || first === 'apps' ? `${first}/${second}` : first;
}

function targetsOf(file: SourceFile): readonly string[] {
  return file.imports.flatMap(({ target }) => (target === undefined ? [] : [target]));
}
