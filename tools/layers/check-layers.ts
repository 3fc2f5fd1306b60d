import { posix } from 'node:path';
import ts from 'typescript';
import { type FileTree } from '../repository.js';
import { findCycles } from './cycles.js';
import { checkDocComments } from './doc-comments.js';
import { checkFolders } from './folders.js';
import { checkFolderOrder, checkOrders } from './folder-order.js';
import { findForbiddenReach } from './reach.js';
import { ALSO_IN_TESTS, MAX_LINES, ONLY_TESTS, PROJECT_ORDER } from './rules.js';
import { readSources, type SourceFile } from './source-file.js';

const SCOPE = '@countersign/';

/**
 * Finds what breaks the order of the repository: a forbidden import or chain of imports, an import cycle, a deep import,
 * a long file, a folder of too many files, one name for two files of a project, `export *`, a default export or a JSDoc
 * comment that the next one hides. Each finding is one line that names file, line and rule.
 * Types and third-party packages are not looked at: the compiler and ESLint do that.
 */
export function checkLayers(tree: FileTree): readonly string[] {
  const files = readSources(tree);
  const graph = new Map(files.map((file) => [file.path, targetsOf(file)]));
  return [
    ...checkFolders(tree),
    ...files.flatMap(checkLength),
    ...files.flatMap(checkExports),
    ...files.flatMap(checkDocComments),
    ...files.flatMap(checkFolderOrder),
    ...files.flatMap((file) => checkProjectOrder(tree, file)),
    ...findForbiddenReach(graph),
    ...findCycles(graph).map((cycle) => `import cycle: ${cycle.join(' -> ')}`),
  ];
}

/** Finds rows of the tables that say something about nothing. */
export function checkRows(tree: FileTree): readonly string[] {
  const files = readSources(tree);
  const projects = [...PROJECT_ORDER.keys()]
    .filter((project) => !files.some(({ path }) => isIn(project, path)))
    .map((project) => `tools/layers/rules.ts has a row for ${project}/src/, which does not exist`);
  return [...checkOrders(files), ...projects];
}

/** A project of tests alone has no sources. */
function isIn(project: string, path: string): boolean {
  return (
    path.startsWith(`${project}/src/`) || (ONLY_TESTS.has(project) && path.startsWith(`${project}/test/`))
  );
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

function targetsOf(file: SourceFile): readonly string[] {
  return file.imports.flatMap(({ target }) => (target === undefined ? [] : [target]));
}
