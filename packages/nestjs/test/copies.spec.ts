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

async function run(undecorated: 'refuse' | 'authenticated'): Promise<Outcome> {
  const script = join(folder, 'application.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, [script, library, undecorated]);
  return JSON.parse(stdout) as Outcome;
}

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'countersign-copies-')));
  library = join(folder, 'library');
  await symlink(join(REPOSITORY, 'node_modules'), join(folder, 'node_modules'));
  for (const name of ['core', 'nestjs']) {
    const copy = join(library, 'node_modules/@countersign', name);
    await mkdir(copy, { recursive: true });
    await cp(join(REPOSITORY, 'packages', name, 'dist'), join(copy, 'dist'), { recursive: true });
    await copyFile(join(REPOSITORY, 'packages', name, 'package.json'), join(copy, 'package.json'));
  }
  await writeFile(join(library, 'index.mjs'), "export * from '@countersign/nestjs';\n");
  await copyFile(PROGRAM, join(folder, 'application.mjs'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe.each(['refuse', 'authenticated'] as const)(
  'a library with a copy of this package of its own, undecorated: %s',
  (undecorated) => {
    it('works together with the copy of the application', async () => {
      const { stranger, without, withScope, who, unavailable } = await run(undecorated);
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

it('an application does not start with a library whose copy is of another version, and names both folders', async () => {
  const file = join(library, 'node_modules/@countersign/nestjs/dist/copies.js');
  const source = await readFile(file, 'utf8');
  expect(source).toContain("'0.1.0'");
  await writeFile(file, source.replace("'0.1.0'", "'9.9.9'"));
  // What is injected by a class of the other version cannot be: that alone would keep it from starting.
  const program = join(folder, 'application.mjs');
  const text = await readFile(program, 'utf8');
  await writeFile(program, text.replace(/^Inject\(.*\n/gm, ''));
  const { code, message } = await run('authenticated');
  expect(code).toBe('config_invalid');
  expect(message).toContain(join(library, 'node_modules/@countersign/nestjs'));
  expect(message).toContain(join(REPOSITORY, 'packages/nestjs'));
  expect(message).toMatch(/9\.9\.9.*0\.1\.0/);
});

it('knows its own version', async () => {
  const text = await readFile(join(REPOSITORY, 'packages/nestjs/package.json'), 'utf8');
  const { version } = JSON.parse(text) as { readonly version: string };
  const source = await readFile(join(REPOSITORY, 'packages/nestjs/src/copies.ts'), 'utf8');
  expect(source).toContain(`const VERSION = '${version}';`);
});
