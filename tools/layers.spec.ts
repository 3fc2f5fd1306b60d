/**
 * The order of the repository is a promise to its readers: who imports whom can be drawn without opening a file.
 * ESLint sees projects; folders inside a project, cycles between files and file sizes are checked here.
 */
import { posix } from 'node:path';
import { checkLayers, checkRows } from './layers/check-layers.js';
import { findCycles } from './layers/cycles.js';
import { FOLDER_ORDERS, FORBIDDEN_REACH } from './layers/rules.js';
import { type FileTree, readFiles } from './repository.js';

const repository = readFiles(
  ['packages', 'apps', 'demo', 'drill', 'bench', 'conformance', 'tools'],
  (path) =>
    !/^tools\/(fixtures|jest)\//.test(path) && (path.endsWith('.ts') || path.endsWith('/package.json')),
);

/** A small tree that breaks no rule; each test below breaks exactly one. */
const sound: FileTree = new Map([
  ['packages/core/package.json', '{ "exports": { ".": {}, "./package.json": {} } }'],
  ['packages/core/src/errors.ts', 'export const FAULTS = {};\n'],
  ['packages/core/src/token.ts', 'export interface Token {}\n'],
  ['packages/core/src/principal.ts', "import { type Token } from './token.js';\nexport type P = Token;\n"],
  [
    'packages/core/src/jwks/remote-keys.ts',
    "import { FAULTS } from '../errors.js';\nexport const jwks = FAULTS;\n",
  ],
  ['packages/core/src/policy/policy.ts', "import type { P } from '../principal.js';\nexport type Q = P;\n"],
  [
    'packages/core/src/inbound/verifier.ts',
    "import { jwks } from '../jwks/remote-keys.js';\nexport const v = jwks;\n",
  ],
  [
    'packages/core/src/oauth/client.ts',
    "import { FAULTS } from '../errors.js';\nexport const client = FAULTS;\n",
  ],
  [
    'packages/core/src/outbound/mint.ts',
    "import { client } from '../oauth/client.js';\nexport const m = client;\n",
  ],
  ['packages/core/src/http/calls.ts', "import { m } from '../outbound/mint.js';\nexport const calls = m;\n"],
  ['packages/core/src/http.ts', "export { calls } from './http/calls.js';\n"],
  [
    'packages/core/src/index.ts',
    "export { FAULTS } from './errors.js';\nexport { m } from './outbound/mint.js';\n",
  ],
  ['packages/testing/package.json', '{ "exports": { ".": {} } }'],
  ['packages/testing/src/index.ts', "export { FAULTS } from '@countersign/core';\n"],
  ['packages/nestjs/package.json', '{ "exports": { ".": {}, "./axios": {} } }'],
  ['packages/nestjs/src/index.ts', "export { FAULTS } from '@countersign/core';\n"],
  ['packages/nestjs/test/index.spec.ts', "import '../src/index.js';\nimport '@countersign/testing';\n"],
  ['apps/census/package.json', '{}'],
  ['apps/census/src/main.ts', "import '@countersign/core';\nimport '@countersign/nestjs/axios';\n"],
]);

function soundBut(path: string, text: string): FileTree {
  return new Map([...sound, [path, text]]);
}

/** The real sources with imports added between rows of a project, and what must be found in them. */
function withArrows(
  project: string,
  arrows: readonly (readonly [from: string, to: string])[],
): { readonly tree: FileTree; readonly findings: readonly string[] } {
  const tree = new Map(repository);
  const findings = arrows.map(([from, to]) => {
    const [source, target] = [fileIn(project, from), fileIn(project, to)];
    const specifier = posix.relative(posix.dirname(source), target).replace(/^(?!\.)/, './');
    // On the first line, so that no file becomes longer.
    tree.set(source, `import '${specifier.replace(/\.ts$/, '.js')}'; ${tree.get(source) ?? ''}`);
    return `${source}:1: ${from} must not import ${to}`;
  });
  return { tree, findings };
}

function fileIn(project: string, row: string): string {
  const start = `${project}/src/${row.endsWith('/') ? row : `${row}.ts`}`;
  const found = [...repository.keys()].find((path) => path.startsWith(start));
  if (found === undefined) throw new Error(`${start} is missing`);
  return found;
}

describe('the order of this repository', () => {
  it('holds: no forbidden arrow, no cycle, no deep import, no long file, named exports only', () => {
    expect(checkLayers(repository)).toEqual([]);
  });

  it('was read: its tables name no file, folder or import that is not there', () => {
    expect(checkRows(repository)).toEqual([]);
    const renamed = new Map(
      [...repository].filter(([path]) => !path.startsWith('packages/core/src/policy/')),
    );
    expect(checkRows(renamed)).toEqual([
      'tools/layers/rules.ts has a row for packages/core/src/policy/, which does not exist',
      'tools/layers/rules.ts allows policy/ -> errors in packages/core, which no file needs',
      'tools/layers/rules.ts allows policy/ -> principal in packages/core, which no file needs',
      'tools/layers/rules.ts allows http/ -> policy/ in packages/core, which no file needs',
    ]);
  });

  it.each([...FOLDER_ORDERS])('has no circle in the table of %s', (_, { rows }) => {
    expect(findCycles(rows)).toEqual([]);
    expect([...rows.values()].flat().filter((row) => !rows.has(row))).toEqual([]);
  });

  it.each([
    [
      'packages/core',
      [
        ['policy/', 'inbound/'],
        ['inbound/', 'outbound/'],
        ['outbound/', 'jwks/'],
        ['trust/', 'key-store/'],
        ['inbound/', 'http/'],
        ['lib/', 'errors'],
        ['errors', 'token'],
        ['token', 'index'],
      ],
    ],
    [
      'packages/nestjs',
      [
        ['countersign.options', 'telemetry/'],
        ['countersign.tokens', 'countersign.options'],
        ['request/', 'inbound/'],
        ['inbound/', 'outbound/'],
        ['outbound/', 'inbound/'],
        ['inbound/', 'countersign.module'],
        ['axios', 'countersign.module'],
        ['keys/', 'index'],
      ],
    ],
  ] as const)('fails for each of these arrows, added to the real sources of %s', (project, arrows) => {
    const { tree, findings } = withArrows(project, arrows);
    expect(checkLayers(tree)).toEqual(expect.arrayContaining([...findings]));
  });

  it.each([...FOLDER_ORDERS])('fails for every arrow that the table of %s leaves out', (project, order) => {
    const forbidden = [...order.rows].flatMap(([from, allowed]) =>
      [...order.rows.keys(), ...order.entryPoints]
        .filter((to) => to !== from && !allowed.includes(to))
        .map((to) => [from, to] as const),
    );
    const { tree, findings } = withArrows(project, forbidden);
    expect(findings.length).toBeGreaterThan(100);
    expect(checkLayers(tree)).toEqual(expect.arrayContaining([...findings]));
  });
});

describe('the check of the order', () => {
  it('finds nothing in a tree that breaks no rule', () => {
    expect(checkLayers(sound)).toEqual([]);
  });

  it.each([
    ['inbound/verifier', 'outbound/', "import '../outbound/mint.js';"],
    ['outbound/mint', 'inbound/', "export { v } from '../inbound/verifier.js';"],
    ['outbound/mint', 'policy/', "import '../policy/policy.js';"],
    ['outbound/mint', 'jwks/', "import '../jwks/remote-keys.js';"],
    ['oauth/client', 'jwks/', "import '../jwks/remote-keys.js';"],
    ['inbound/verifier', 'policy/', "import '../policy/policy.js';"],
    ['policy/policy', 'inbound/', "const later = import('../inbound/verifier.js');"],
    ['policy/policy', 'jwks/', "type J = typeof import('../jwks/remote-keys.js');"],
    ['jwks/remote-keys', 'inbound/', "import type { v } from '../inbound/verifier.js';"],
    ['jwks/remote-keys', 'outbound/', "import mint = require('../outbound/mint.js');"],
    ['jwks/remote-keys', 'principal', "const p = require('../principal.js');"],
    ['jwks/remote-keys', 'index', "import '../index.js';"],
    ['inbound/verifier', 'http/', "import '../http/calls.js';"],
    ['outbound/mint', 'http/', "import type { calls } from '../http/calls.js';"],
    ['policy/policy', 'http', "import '../http.js';"],
    ['http/calls', 'oauth/', "import '../oauth/client.js';"],
    ['http/calls', 'index', "import '../index.js';"],
    ['errors', 'token', "import type { Token } from './token.js';"],
    ['principal', 'errors', "import './errors.js';"],
  ])('refuses an arrow in core from %s to %s', (from, to, text) => {
    const path = `packages/core/src/${from}.ts`;
    const row = from.includes('/') ? `${from.split('/')[0] ?? ''}/` : from;
    expect(checkLayers(soundBut(path, `${text}\n`))).toContain(`${path}:1: ${row} must not import ${to}`);
  });

  it.each(FORBIDDEN_REACH)('refuses a chain of imports from %s to %s, and names it', (from, to) => {
    const [sources = ''] = /^packages\/\w+\/src\//.exec(from) ?? [];
    const start = `${from}start.ts`;
    const middle = `${sources}middle/between.ts`;
    const goal = `${to}goal.ts`;
    const tree = new Map([
      ...sound,
      [start, "import '../middle/between.js';\n"],
      [middle, `export type { goal } from '../${to.slice(sources.length)}goal.js';\n`],
      [goal, 'export const goal = 1;\n'],
    ]);
    expect(checkLayers(tree)).toContain(`${from} must not reach ${to}: ${start} -> ${middle} -> ${goal}`);
  });

  it('accepts a folder of 16 files and refuses one of 17', () => {
    const files = (count: number): FileTree =>
      new Map([
        ...sound,
        ...Array.from({ length: count }, (_, at) => [`apps/census/src/users/u${String(at)}.ts`, ''] as const),
      ]);
    expect(checkLayers(files(16))).toEqual([]);
    expect(checkLayers(files(17))).toEqual(['apps/census/src/users: 17 files, at most 16 are allowed']);
  });

  it('refuses one name for two files of a project', () => {
    expect(checkLayers(soundBut('packages/core/src/inbound/mint.ts', ''))).toEqual([
      'one name for two files: packages/core/src/outbound/mint.ts, packages/core/src/inbound/mint.ts',
    ]);
  });

  it.each([
    ['packages/core', 'misc/a.ts', 'misc/'],
    ['packages/core', 'misc.ts', 'misc'],
    ['packages/nestjs', 'misc/a.ts', 'misc/'],
    ['packages/nestjs', 'misc.ts', 'misc'],
  ])('refuses in %s the file %s, which its table does not name', (project, file, row) => {
    expect(checkLayers(soundBut(`${project}/src/${file}`, 'export const a = 1;\n'))).toEqual([
      `${project}/src/${file}: "${row}" is in no row of ${project} in tools/layers/rules.ts`,
    ]);
  });

  it.each([
    ['packages/core/src/token.ts', '@countersign/nestjs', 'packages/core must not import packages/nestjs'],
    [
      'packages/nestjs/src/index.ts',
      '@countersign/testing',
      'packages/nestjs must not import packages/testing',
    ],
    ['apps/census/src/main.ts', '@countersign/testing', 'apps/census must not import packages/testing'],
    [
      'apps/census/src/main.ts',
      '@countersign/core/dist/token.js',
      '@countersign/core/dist/token.js is a deep import',
    ],
    ['apps/census/src/main.ts', '@countersign/nowhere', '@countersign/nowhere is no project here'],
    [
      'packages/nestjs/src/index.ts',
      '../../core/src/token.js',
      '../../core/src/token.js leaves packages/nestjs; import the other project by its package name',
    ],
    ['packages/nestjs/src/index.ts', '../test/forge.js', 'sources must not import tests'],
  ])('refuses that %s imports %s', (path, specifier, problem) => {
    expect(checkLayers(soundBut(path, `import '${specifier}';\n`))).toEqual([`${path}:1: ${problem}`]);
  });

  it('finds a cycle, also of types, and names the way around', () => {
    const text = "import type { P } from './principal.js';\nexport type Token = P;\n";
    expect(checkLayers(soundBut('packages/core/src/token.ts', text))).toContain(
      'import cycle: packages/core/src/principal.ts -> packages/core/src/token.ts -> packages/core/src/principal.ts',
    );
  });

  it('accepts a file of 300 lines and refuses one of 301', () => {
    const path = 'packages/core/src/token.ts';
    expect(checkLayers(soundBut(path, '//\n'.repeat(300)))).toEqual([]);
    expect(checkLayers(soundBut(path, '//\n'.repeat(301)))).toEqual([
      `${path}: 301 lines, at most 300 are allowed`,
    ]);
  });

  it.each([
    ["export * from './errors.js';", '`export *`; list the exports by hand'],
    ["export * as all from './errors.js';", '`export *`; list the exports by hand'],
    ['export default 1;', 'default export; export by name'],
    ['export default function f() {}', 'default export; export by name'],
    ["export { FAULTS as default } from './errors.js';", 'default export; export by name'],
    ['/** A. */ /** B. */ export const a = 1;', 'the next JSDoc comment hides this one; make them one'],
  ])('refuses %s', (text, problem) => {
    const path = 'packages/core/src/index.ts';
    expect(checkLayers(soundBut(path, `${text}\n`))).toEqual([`${path}:1: ${problem}`]);
  });
});
