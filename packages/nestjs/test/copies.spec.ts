import { execFile } from 'node:child_process';
import { cp, copyFile, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));
const PROGRAM = fileURLToPath(new URL('fixtures/two-copies.mjs', import.meta.url));

/** What the application answered, or why it did not start. */
interface Outcome {
  readonly code?: string;
  readonly message?: string;
  readonly [answer: string]: unknown;
}

/** A library that was installed with a copy of the packages of its own, beside the application's. */
let folder: string;
let library: string;

async function run(
  undecorated: 'refuse' | 'authenticated',
  first: 'library' | 'module' = 'library',
): Promise<Outcome> {
  const script = join(folder, 'application.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, [script, library, undecorated, first]);
  return JSON.parse(stdout) as Outcome;
}

/** @param copied the packages of which the library has a copy; the others are the application's. */
async function installLibrary(copied: readonly string[]): Promise<void> {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'countersign-copies-')));
  library = join(folder, 'library');
  await symlink(join(REPOSITORY, 'node_modules'), join(folder, 'node_modules'));
  for (const name of copied) {
    const copy = join(library, 'node_modules/@countersign', name);
    await mkdir(copy, { recursive: true });
    await cp(join(REPOSITORY, 'packages', name, 'dist'), join(copy, 'dist'), { recursive: true });
    await copyFile(join(REPOSITORY, 'packages', name, 'package.json'), join(copy, 'package.json'));
  }
  await writeFile(join(library, 'index.mjs'), "export * from '@countersign/nestjs';\n");
  await copyFile(PROGRAM, join(folder, 'application.mjs'));
}

afterEach(() => rm(folder, { recursive: true, force: true }));

describe.each([
  { undecorated: 'refuse', first: 'library' },
  { undecorated: 'authenticated', first: 'library' },
  { undecorated: 'refuse', first: 'module' },
] as const)(
  'a library with a copy of this package of its own, undecorated: $undecorated, loaded first: $first',
  ({ undecorated, first }) => {
    it.each([
      ['of core too', ['core', 'nestjs']],
      ['and the core of the application', ['nestjs']],
    ])('works together with the copy of the application: %s', async (_which, copied) => {
      await installLibrary(copied);
      const { stranger, without, withScope, who, unavailable } = await run(undecorated, first);
      const subject = 'https://herald.service/';
      const instance = expect.stringMatching(/^urn:uuid:/) as unknown;
      expect(stranger).toMatchObject({
        status: 401,
        challenge: 'Bearer realm="https://census.service/"',
        body: { code: 'token_missing', refused: true },
      });
      expect(without).toMatchObject({
        status: 403,
        body: { code: 'scope_missing', instance, refused: true },
      });
      expect(withScope).toMatchObject({ status: 201, body: { wiped: true } });
      expect(who).toMatchObject({
        status: 200,
        body: { subject, scoped: subject, calls: 'https://maps.example/' },
      });
      expect(unavailable).toEqual({
        status: 503,
        challenge: null,
        body: { code: 'token_unavailable', instance, refused: false },
      });
    });
  },
);

describe('a library whose copy is of another version', () => {
  const program = () => join(folder, 'application.mjs');

  beforeEach(async () => {
    await installLibrary(['core', 'nestjs']);
    const file = join(library, 'node_modules/@countersign/nestjs/dist/copies.js');
    const source = await readFile(file, 'utf8');
    expect(source).toContain("'0.1.0'");
    await writeFile(file, source.replace("'0.1.0'", "'9.9.9'"));
  });

  async function expectBothNamed(first: 'library' | 'module'): Promise<void> {
    const { code, message } = await run('authenticated', first);
    expect([code, message]).toEqual(['config_invalid', expect.stringMatching(/^LibraryController uses /)]);
    expect(message).toContain(join(library, 'node_modules/@countersign/nestjs'));
    expect(message).toContain(join(REPOSITORY, 'packages/nestjs'));
    expect(message).toMatch(/9\.9\.9.*0\.1\.0/);
  }

  it.each(['library', 'module'] as const)(
    'keeps an application from starting by what it injects, and both folders are named: %s first',
    async (first) => expectBothNamed(first),
  );

  it('keeps an application from starting by what it decorates, and both folders are named', async () => {
    const text = await readFile(program(), 'utf8');
    await writeFile(program(), text.replace(/^Inject\(.*\n/gm, ''));
    await expectBothNamed('library');
  });

  it('does not keep an application from starting that has nothing of it', async () => {
    const text = await readFile(program(), 'utf8');
    await writeFile(program(), text.replace('controllers: [LibraryController],', ''));
    const { code, stranger } = await run('authenticated');
    expect([code, stranger]).toEqual([undefined, expect.objectContaining({ status: 404 })]);
  });
});

it('knows its own version', async () => {
  const text = await readFile(join(REPOSITORY, 'packages/nestjs/package.json'), 'utf8');
  const { version } = JSON.parse(text) as { readonly version: string };
  const source = await readFile(join(REPOSITORY, 'packages/nestjs/src/copies.ts'), 'utf8');
  expect(source).toContain(`const VERSION = '${version}';`);
});
