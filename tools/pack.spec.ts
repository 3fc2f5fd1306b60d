/**
 * What is tested in the repository is not what users install. Here the packages are packed, installed with npm into
 * projects that have nothing else, imported, required, and run behind the README's own service.
 */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Consumer, createConsumer, type Packed, packAll, type Tarball } from './pack/consumer.js';
import { askReadmeExample, compileReadmeExample, type ExampleAnswers } from './pack/readme-example.js';
import { type Answers, askReadmeService, compileReadmeService } from './pack/readme-service.js';
import { readPublicApis } from './public-api/public-api.js';
import { repositoryRoot } from './repository.js';

const INSTALL_MS = 300_000;

/** Peers that nobody has to be told of. */
const IN_EVERY_NEST_APPLICATION = new Set(['@nestjs/common', '@nestjs/core', 'reflect-metadata', 'rxjs']);

const packageNames = readdirSync(join(repositoryRoot, 'packages')).map((name) => `@countersign/${name}`);

/**
 * The values that each entry point exports, by what it is imported by. A command exports none; `@countersign/nestjs/axios` needs
 * an optional peer, which these projects do not have.
 */
const values = new Map(
  readPublicApis()
    .filter(({ specifier }) => specifier !== '@countersign/nestjs/axios')
    .map(({ specifier, text }) => [
      specifier,
      [...text.matchAll(/^(?:class|function|const)\S* (\S+)$/gm)].map(([, name]) => name ?? ''),
    ]),
);

let packed: Packed | undefined;
let tarballs: readonly Tarball[] = [];
const consumers: Consumer[] = [];

async function consumer(type: 'module' | 'commonjs', ...packages: readonly string[]): Promise<Consumer> {
  const made = await createConsumer(type, [...tarballs.map(({ path }) => path), ...packages]);
  consumers.push(made);
  return made;
}

beforeAll(async () => {
  packed = await packAll();
  tarballs = packed.tarballs;
}, INSTALL_MS);

afterAll(async () => {
  await Promise.all([...consumers, ...(packed === undefined ? [] : [packed])].map((each) => each.close()));
});

describe('a packed package', () => {
  it('is made of every package', () => {
    expect(tarballs.map(({ name }) => name).sort()).toEqual([...packageNames].sort());
  });

  it('holds no test and no build record', () => {
    const unwanted = tarballs.flatMap(({ name, files }) =>
      files
        .filter((file) => /(^|\/)test\/|\.spec\.|tsbuildinfo/.test(file))
        .map((file) => `${name}: ${file}`),
    );
    expect(unwanted).toEqual([]);
  });

  it('holds the licence, the same as the repository', async () => {
    const licence = readFileSync(join(repositoryRoot, 'LICENSE'), 'utf8');
    const packedLicences = tarballs.map(async ({ name, path }) => [name, await fileOf(path, 'LICENSE')]);
    expect(await Promise.all(packedLicences)).toEqual(tarballs.map(({ name }) => [name, licence]));
  });

  it('holds every file that its exports name', () => {
    const missing = tarballs.flatMap(({ name, files }) =>
      exportedFiles(name)
        .filter((file) => !files.includes(file))
        .map((file) => `${name}: ${file}`),
    );
    expect(missing).toEqual([]);
  });
});

describe('the install line of', () => {
  it.each(packageNames)('%s names every peer that its users may lack', (name) => {
    const folder = join(repositoryRoot, 'packages', name.replace('@countersign/', ''));
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      readonly peerDependencies?: Readonly<Record<string, string>>;
      readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
    };
    const { peerDependencies = {}, peerDependenciesMeta = {} } = manifest;
    const peers = Object.keys(peerDependencies).filter(
      (peer) => peerDependenciesMeta[peer]?.optional !== true && !IN_EVERY_NEST_APPLICATION.has(peer),
    );
    const [, line = ''] = /^npm i (?:-D )?(.+)$/m.exec(readFileSync(join(folder, 'README.md'), 'utf8')) ?? [];
    expect(line.split(' ').sort()).toEqual([name, ...peers].sort());
  });
});

describe('in an empty ES module project with Nest 12', () => {
  let project: Consumer;
  let problems: readonly string[];

  beforeAll(async () => {
    project = await consumer('module');
    await project.install('@nestjs/platform-express@^12', '@nestjs/platform-fastify@^12');
    problems = await compileReadmeService(project);
  }, INSTALL_MS);

  it.each([...values])('import gives every value of %s', async (name, names) => {
    const script = `import * as all from '${name}';\nconsole.log(JSON.stringify(Object.keys(all)));\n`;
    await writeFile(join(project.folder, 'list.mjs'), script);
    expect(JSON.parse(await project.run('list.mjs'))).toEqual(expect.arrayContaining([...names]));
  });

  it('has the countersign command, which makes a key, and prints commands that can be pasted', async () => {
    const { version } = JSON.parse(
      readFileSync(join(repositoryRoot, 'packages/cli/package.json'), 'utf8'),
    ) as {
      readonly version: string;
    };
    expect(await project.runCommand('countersign', '--version')).toBe(`${version}\n`);
    const made = await project.runCommand('countersign', 'keys', 'prepare', '--dir', 'keys');
    const [, next = ''] = /^ {2}(.*keys prepare.*)$/m.exec(made) ?? [];
    expect(await project.paste(next)).toContain('It does not sign yet');
    expect(await project.paste('npx --no countersign keys show --dir keys')).toMatch(/ES256 +pending/);
  });

  it("compiles the README's service and our declarations", () => {
    expect(problems).toEqual([]);
  });

  it.each(['express', 'fastify'] as const)(
    "the README's service refuses and accepts on %s",
    async (platform) => {
      expectAsReadmeSays(await askReadmeService(project, platform));
    },
  );
});

/** The packages whose README begins with a whole service. */
const EXAMPLES = [
  { name: 'express', needs: ['express@^5', '@types/express@^5'] },
  { name: 'fastify', needs: ['fastify@^5'] },
];

describe.each(EXAMPLES)('in an empty project, the example of packages/$name/README.md', ({ name, needs }) => {
  let project: Consumer;
  let problems: readonly string[];

  beforeAll(async () => {
    const [core, testing] = tarballs.filter((each) => /core|testing/.test(each.name));
    const own = tarballs.find((each) => each.name === `@countersign/${name}`);
    const paths = [core, testing, own].flatMap((each) => (each === undefined ? [] : [each.path]));
    project = await createConsumer('module', [...paths, ...needs]);
    consumers.push(project);
    problems = await compileReadmeExample(project, name);
  }, INSTALL_MS);

  it('compiles', () => {
    expect(problems).toEqual([]);
  });

  it('answers 401, 403 and 200, and refuses a replayed write', async () => {
    const answers: ExampleAnswers = await askReadmeExample(project, name);
    expect(answers).toMatchObject({
      nothing: { status: 401, body: { code: 'token_missing' } },
      good: { status: 200, body: { caller: 'herald', user: 'https://census.service/user/21/' } },
      other: { status: 403, body: { code: 'scope_missing' } },
      written: { status: 201, body: { item: 7 } },
      replayed: { status: 401, body: { code: 'token_replayed' } },
    });
  });
});

describe('in an empty CommonJS project with Nest 11', () => {
  let project: Consumer;
  let problems: readonly string[];

  beforeAll(async () => {
    const nest = ['common', 'core', 'platform-express', 'passport'].map((name) => `@nestjs/${name}@^11`);
    project = await consumer('commonjs', ...nest);
    problems = await compileReadmeService(project);
  }, INSTALL_MS);

  it.each([...values])('require gives every value of %s', async (name, names) => {
    const script = `console.log(JSON.stringify(Object.keys(require('${name}'))));\n`;
    await writeFile(join(project.folder, 'list.cjs'), script);
    expect(JSON.parse(await project.run('list.cjs'))).toEqual(expect.arrayContaining([...names]));
  });

  it('has Nest 11', () => {
    const manifest = readFileSync(join(project.folder, 'node_modules/@nestjs/core/package.json'), 'utf8');
    expect(JSON.parse(manifest)).toMatchObject({ version: expect.stringMatching(/^11\./) });
  });

  it("compiles the README's service and our declarations", () => {
    expect(problems).toEqual([]);
  });

  it("the README's service refuses and accepts on express", async () => {
    expectAsReadmeSays(await askReadmeService(project, 'express'));
  });
});

function expectAsReadmeSays({ nothing, good, user, foreign }: Answers): void {
  expect(nothing).toMatchObject({ status: 401, challenge: 'Bearer realm="https://order.service/"' });
  expect(good).toMatchObject({ status: 200, body: { caller: 'herald' } });
  expect(user).toMatchObject({ status: 200, body: { user: 'https://census.service/user/21/' } });
  expect(foreign).toMatchObject({ status: 401, body: { code: 'audience_mismatch' } });
}

/** The text of a file of a tarball; npm puts all of them into `package/`. */
async function fileOf(tarball: string, file: string): Promise<string> {
  const { stdout } = await promisify(execFile)('tar', ['-xzOf', tarball, `package/${file}`]);
  return stdout;
}

/** Every file of the package's `exports`, but for the sources that only this repository reads. */
function exportedFiles(name: string): readonly string[] {
  const folder = join(repositoryRoot, 'packages', name.replace('@countersign/', ''));
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  };
  return Object.values(manifest.exports ?? {})
    .flatMap((target) => (typeof target === 'string' ? [target] : Object.values(target)))
    .map((path) => path.replace(/^\.\//, ''));
}
