/**
 * A reader copies what the documentation shows. Its code compiles, its records start a service, its commands exist,
 * its links lead somewhere, and its tables of faults and options are those in the code.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createKeyStore } from '@countersign/core';
import {
  checkJson,
  documentedFaultRows,
  expectedFaultRows,
  guarantees,
  npmScripts,
  provedGuarantees,
} from './docs/check-pages.js';
import { compileBlocks } from './docs/compile-blocks.js';
import { type CodeBlock, type Page, readPage, resolveLink } from './docs/markdown.js';
import { documentedOptions, knownOptions, OPTION_TABLES } from './docs/option-tables.js';
import { repositoryRoot } from './repository.js';

const tracked = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], {
  cwd: repositoryRoot,
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => path !== '' && existsSync(join(repositoryRoot, path)));

const pages = tracked
  .filter((path) => path.endsWith('.md'))
  .map((path) => readPage(path, readFileSync(join(repositoryRoot, path), 'utf8')));

function blocksIn(language: RegExp): readonly CodeBlock[] {
  return pages.flatMap(({ blocks }) => blocks.filter((block) => language.test(block.language)));
}

function pageAt(path: string): Page {
  const page = pages.find((candidate) => candidate.path === path);
  if (page === undefined) throw new Error(`${path} is missing`);
  return page;
}

describe('the documentation', () => {
  it('has TypeScript blocks that compile', () => {
    const blocks = blocksIn(/^(ts|typescript)$/);
    expect(blocks.length).toBeGreaterThan(0);
    expect(compileBlocks(blocks)).toEqual([]);
  });

  it('has JSON blocks that parse, and trust and destination records that a service accepts', () => {
    expect(blocksIn(/^json$/).flatMap((block) => checkJson(block) ?? [])).toEqual([]);
  });

  it('names only npm scripts that exist', () => {
    const unknown = blocksIn(/^(sh|bash|shell|console)$/).flatMap((block) =>
      npmScripts(block)
        .filter(({ script, workspace }) => !scriptsOf(workspace).includes(script))
        .map(
          ({ script, workspace }) =>
            `${block.page}:${String(block.line)}: no script "${script}" in ${workspace || '.'}`,
        ),
    );
    expect(unknown).toEqual([]);
  });

  it('lists every fault with its kind and status, and no other', () => {
    expect(documentedFaultRows(pageAt('docs/faults.md'))).toEqual(expectedFaultRows());
  });

  it.each(OPTION_TABLES)('lists every option of $of, and no other', async ({ page, head, read }) => {
    expect(documentedOptions(pageAt(page), head)).toEqual(await knownOptions(read));
  });

  it('has relative links that lead to a file and to a heading of it', () => {
    const broken = pages.flatMap(({ links }) =>
      links
        .filter((link) => isBroken(resolveLink(link)))
        .map(({ page, line, target }) => `${page}:${String(line)}: ${target}`),
    );
    expect(broken).toEqual([]);
  });

  it('names for each guarantee the tests that prove it, which exist', () => {
    const promised = guarantees(readFileSync(join(repositoryRoot, 'SECURITY.md'), 'utf8'));
    expect(promised.length).toBeGreaterThan(10);
    const proved = provedGuarantees(pageAt('SECURITY.md'));
    expect([...proved.keys()]).toEqual(promised);
    for (const [guarantee, specs] of proved) {
      expect({ guarantee, specs: specs.filter(isSpec) }).toEqual({ guarantee, specs });
      expect(specs.length).toBeGreaterThan(0);
    }
  });

  it('names only files of the repository that exist', () => {
    const gone = pages
      .filter(({ path }) => path !== 'CHANGELOG.md')
      .flatMap(({ code }) => code)
      .filter(({ target }) => isGone(target))
      .map(({ page, line, target }) => `${page}:${String(line)}: ${target}`);
    expect(gone).toEqual([]);
  });
});

describe('the repository', () => {
  it('refers to nothing that lies beside it', () => {
    const outside = ['..', 'shared'].join('/');
    const mentions = tracked.filter((path) => {
      const file = join(repositoryRoot, path);
      return statSync(file).isFile() && readFileSync(file, 'utf8').includes(outside);
    });
    expect(mentions).toEqual([]);
  });
});

describe('the check of the documentation', () => {
  const text = [
    '# A page',
    '',
    '```ts',
    "import { FAULTS } from '@countersign/core';",
    'const wrong: number = FAULTS.token_missing.title;',
    '```',
    '',
    '```ts',
    "const greeting = 'hello';",
    'const wrong: number = greeting;',
    '```',
    '',
    '```sh',
    'npm ci && npm run demo -- --once # and npm run nothing',
    'DATABASE_URL=postgres://localhost/x npm start -w apps/census',
    '```',
    '',
    '```json',
    '[{ "name": "a", "issuer": "https://a.example/", "keys": { "jwksUri": "https://a.example/jwks" }, "scope": [] }]',
    '```',
    '',
    '| code | kind | status |',
    '|---|---|---|',
    '| `token_missing` | unauthenticated | 402 |',
    '',
    '[here](#a-page) [there](docs/nowhere.md) [elsewhere](https://example.com/) [gone](README.md#gone)',
    '',
  ].join('\n');
  const page = readPage('PAGE.md', text);

  it('reports a block that does not compile, on the line of the page', () => {
    expect(compileBlocks(page.blocks.slice(0, 2))).toEqual([
      `PAGE.md:5: Type 'string' is not assignable to type 'number'.`,
      `PAGE.md:10: Type 'string' is not assignable to type 'number'.`,
    ]);
  });

  it('reads the npm scripts of a shell block, and not its comments', () => {
    expect(page.blocks.slice(2, 3).flatMap(npmScripts)).toEqual([
      { script: 'demo', workspace: '' },
      { script: 'start', workspace: 'apps/census' },
    ]);
  });

  it('reports a trust record with a misspelt member, and JSON that does not parse', () => {
    expect(page.blocks.slice(3, 4).map(checkJson)).toEqual([expect.stringMatching(/^PAGE\.md:19: .*scope/)]);
    const broken = { page: 'PAGE.md', line: 1, language: 'json', code: '{' };
    expect(checkJson(broken)).toMatch(/^PAGE\.md:1: /);
  });

  it('reports a fault whose status is another', () => {
    expect(documentedFaultRows(page)).toEqual(['`token_missing` | unauthenticated | 402']);
    expect(expectedFaultRows()).toContain('`token_missing` | unauthenticated | 401');
  });

  it('reports a guarantee that no test proves, and a test that is gone', () => {
    const security = [
      '## What we guarantee',
      '',
      '- **Who calls.** It is known.',
      '- **An end** always.',
      '',
      '### Where each is proved',
      '',
      '| guarantee | tests |',
      '|---|---|',
      '| Who calls | `packages/core/test/gone.spec.ts` |',
      '',
    ].join('\n');
    expect(guarantees(security)).toEqual(['Who calls', 'An end']);
    const proved = provedGuarantees(readPage('SECURITY.md', security));
    expect([...proved]).toEqual([['Who calls', ['packages/core/test/gone.spec.ts']]]);
    expect(proved.get('Who calls')?.every(isSpec)).toBe(false);
  });

  it('reports an option that its table does not have, and one that is none', async () => {
    const table = ['| [`createKeyStore`](a.md) |', '|---|', '| `directory`, `key.kid` |'].join('\n');
    const documented = documentedOptions(readPage('PAGE.md', table), '`createKeyStore`');
    const known = await knownOptions((options) => createKeyStore(options));
    expect(documented).toEqual(['directory', 'key']);
    expect(known).toEqual(expect.arrayContaining(['directory', 'privateKeys']));
    expect(known).not.toContain('key');
  });

  it.each([
    ['packages/core/src/errors.ts', false],
    ['packages/core/src/luggage.ts', true],
    ['inbound/verifier.ts', false],
    ['verifier.ts', false],
    ['luggage.ts', true],
    ['outbound/verifier.ts', true],
    ['public/api.js', false],
    ['luggage.js', true],
    ['eslint.config.mjs', false],
    ['luggage.mjs', true],
    ['SECURITY.md', false],
    ['LUGGAGE.md', true],
    ['jwks.json', false],
    ['express', false],
  ])('takes %s for a file of this repository that is gone: %s', (target, gone) => {
    expect(isGone(target)).toBe(gone);
  });

  it('reports links to files and headings that are not there', () => {
    const own = page.links.map((link) => resolveLink(link));
    expect(own[0]).toEqual({ path: 'PAGE.md', anchor: 'a-page' });
    expect(page.anchors.has('a-page')).toBe(true);
    expect(own.slice(1).map(isBroken)).toEqual([true, false, true]);
  });
});

function isBroken(link: ReturnType<typeof resolveLink>): boolean {
  if (link === undefined) return false;
  if (!existsSync(join(repositoryRoot, link.path))) return true;
  const target = pages.find(({ path }) => path === link.path);
  return link.anchor !== undefined && target?.anchors.has(link.anchor) !== true;
}

/** Whether it names a file of this repository, by its whole path or by the end of it (`verifier.ts`, `api.js`), and none is there. */
function isGone(target: string): boolean {
  if (/^(packages|apps|demo|drill|docs|tools|bench|conformance|\.ci)\/[\w./-]+$/.test(target))
    return !existsSync(join(repositoryRoot, target));
  return (
    /^[\w./-]+\.([cm]?[jt]s|md)$/.test(target) && !tracked.some((path) => `/${path}`.endsWith(`/${target}`))
  );
}

/** Whether Jest runs it, here or with a server. */
function isSpec(path: string): boolean {
  return /[.-]spec\.ts$/.test(path) && existsSync(join(repositoryRoot, path));
}

function scriptsOf(workspace: string): readonly string[] {
  const path = join(repositoryRoot, workspace, 'package.json');
  if (!existsSync(path)) return [];
  const { scripts } = JSON.parse(readFileSync(path, 'utf8')) as { readonly scripts?: object };
  return Object.keys(scripts ?? {});
}
