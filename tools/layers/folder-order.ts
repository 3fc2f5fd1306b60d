import { FOLDER_ORDERS } from './rules.js';
import { type SourceFile } from './source-file.js';

/** Finds imports that the order of their project does not allow, and files that no row of it names. */
export function checkFolderOrder({ project, path, imports }: SourceFile): readonly string[] {
  const order = FOLDER_ORDERS.get(project);
  const from = rowOf(project, path);
  if (order === undefined || from === undefined || order.entryPoints.has(from)) return [];
  const allowed = order.rows.get(from);
  if (allowed === undefined)
    return [`${path}: "${from}" is in no row of ${project} in tools/layers/rules.ts`];
  return imports.flatMap(({ target = '', line }) => {
    const to = rowOf(project, target);
    if (to === undefined || allowed.includes(to) || (to === from && to.endsWith('/'))) return [];
    return [`${path}:${String(line)}: ${from} must not import ${to}`];
  });
}

/**
 * Finds what the orders say about nothing: rows that no file belongs to, which hides that a folder was renamed, and imports
 * that are allowed and that no file needs.
 */
export function checkOrders(files: readonly SourceFile[]): readonly string[] {
  return [...FOLDER_ORDERS].flatMap(([project, { rows, entryPoints }]) => {
    const own = files.filter((file) => file.project === project);
    const used = new Set(own.flatMap((file) => arrowsOf(file)));
    const existing = new Set(own.map(({ path }) => rowOf(project, path)));
    return [
      ...[...rows.keys(), ...entryPoints]
        .filter((row) => !existing.has(row))
        .map((row) => `tools/layers/rules.ts has a row for ${project}/src/${row}, which does not exist`),
      ...[...rows]
        .flatMap(([from, allowed]) => allowed.map((to) => `${from} -> ${to}`))
        .filter((arrow) => !used.has(arrow))
        .map((arrow) => `tools/layers/rules.ts allows ${arrow} in ${project}, which no file needs`),
    ];
  });
}

function arrowsOf({ project, path, imports }: SourceFile): readonly string[] {
  const from = rowOf(project, path) ?? '';
  return imports.map(({ target = '' }) => `${from} -> ${rowOf(project, target) ?? ''}`);
}

/** The row of a source of a project: the name of a root file, or the folder and `/`; none for what is no source of it. */
function rowOf(project: string, path: string): string | undefined {
  const sources = `${project}/src/`;
  if (!path.startsWith(sources)) return undefined;
  const [first = '', ...rest] = path.slice(sources.length).split('/');
  return rest.length > 0 ? `${first}/` : first.replace(/\.ts$/, '');
}
