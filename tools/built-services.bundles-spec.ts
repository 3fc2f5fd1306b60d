/**
 * Services are not always run as they were written: they are compiled by SWC, bundled into one file, minified, and installed by
 * package managers that are stricter than npm. Here small services are built from the packed packages in each of these ways, run as
 * processes of their own and asked over HTTP.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askService, RIGHT_ANSWERS } from './bundles/ask.js';
import { BANNER, BUNDLERS, type Bundler, type Bundling } from './bundles/bundlers.js';
import {
  type Install,
  installWithPnpm,
  installWithYarn,
  MANAGERS,
  UNPLUGGED,
} from './bundles/package-managers.js';
import {
  compiledBySwc,
  compiledByTypeScript,
  ENDINGS,
  OPTIONAL_IN_NEST,
  SERVICES,
  type Service,
  sourceOf,
} from './bundles/services.js';
import { type Consumer, createConsumer, type Packed, packAll } from './pack/consumer.js';
import { repositoryRoot } from './repository.js';

const INSTALL_MS = 300_000;

const NEST_CLI = [
  '@nestjs/cli@12.0.8',
  '@rspack/core@2.3.4',
  'fork-ts-checker-webpack-plugin@9',
  'ts-loader@9',
  'tsconfig-paths-webpack-plugin@4',
  'typescript@6.0.3',
  'webpack@5',
  'webpack-node-externals@3',
];

let packed: Packed;
/** All services and the command of Nest are installed here, by npm. */
let project: Consumer;
/** Nothing is installed here. */
let bare: string;

beforeAll(async () => {
  packed = await packAll();
  const names = new Set(SERVICES.flatMap(({ ours }) => ours));
  const tarballs = packed.tarballs.filter(({ name }) => names.has(name)).map(({ path }) => path);
  const others = new Set(SERVICES.flatMap((service) => service.others));
  project = await createConsumer('commonjs', [...tarballs, ...others, ...NEST_CLI]);
  bare = await mkdtemp(join(tmpdir(), 'countersign-bundles-'));
  for (const service of SERVICES)
    await writeFile(join(project.folder, `${service.name}.mjs`), await compiledByTypeScript(service, 'esm'));
}, INSTALL_MS);

afterAll(async () => {
  await Promise.all([project.close(), packed.close(), rm(bare, { recursive: true })]);
});

function nestService(): Service {
  const found = SERVICES.find(({ name }) => name === 'nest');
  if (found === undefined) throw new Error('there is no such service');
  return found;
}

function bundlerNamed(wanted: string): Bundler {
  const found = BUNDLERS.find(({ name }) => name === wanted);
  if (found === undefined) throw new Error('there is no such bundler');
  return found;
}

// Jest shows nothing before all is over.
afterEach(() => void process.stderr.write(`${expect.getState().currentTestName ?? ''}\n`));

/** Runs a file as the service and compares what it answers. */
async function expectRightAnswers(file: string, nodeArguments: readonly string[] = []): Promise<void> {
  const cwd = join(file, '..');
  expect(await askService(process.execPath, [...nodeArguments, file], cwd)).toEqual(RIGHT_ANSWERS);
}

describe.each(SERVICES)('the $name service', (service: Service) => {
  const entry = (): string => join(project.folder, `${service.name}.mjs`);

  describe.each(BUNDLERS)('bundled by $name', (bundler) => {
    const { name, ways } = bundler;
    const fileOf = (folder: string, { format, minify }: Pick<Bundling, 'format' | 'minify'>): string =>
      join(folder, `${service.name}-${name}${minify ? '-minified' : ''}.${ENDINGS[format]}`);

    it.each(ways)('as $format (minified: $minify), with all of its packages', async (way) => {
      const outfile = fileOf(bare, way);
      await bundler.bundle({ ...way, entry: entry(), outfile, external: service.optional });
      await expectRightAnswers(outfile);
    });

    it.each(ways)('as $format (minified: $minify), without its packages', async (way) => {
      const outfile = fileOf(join(project.folder, 'bundles'), way);
      await bundler.bundle({ ...way, entry: entry(), outfile, external: 'all' });
      await expectRightAnswers(outfile);
    });
  });

  it.each([
    { format: 'esm', minify: false },
    { format: 'esm', minify: true },
    { format: 'cjs', minify: false },
    { format: 'cjs', minify: true },
  ] as const)('compiled by SWC as $format (minified: $minify)', async ({ format, minify }) => {
    const file = join(project.folder, `${service.name}-swc-${String(minify)}.${ENDINGS[format]}`);
    await writeFile(file, await compiledBySwc(service, format, minify));
    await expectRightAnswers(file);
  });
});

describe('the nest service', () => {
  it('bundled by webpack, where our optional packages are left outside too', async () => {
    const { optional } = nestService();
    const outfile = join(bare, 'nest-without-optional.cjs');
    await bundlerNamed('webpack').bundle({
      ...{ entry: join(project.folder, 'nest.mjs'), outfile, format: 'cjs', minify: false },
      // The second time that a bundle of webpack loads such a package, it gets an empty one.
      external: [...optional, '@opentelemetry/api', '@nestjs/websockets'],
    });
    await expectRightAnswers(outfile);
  });

  it.each(['--webpack', '--builder=rspack'])('built by "nest build %s"', async (builder) => {
    const compilerOptions = {
      ...{ target: 'ES2022', module: 'NodeNext', strict: true, skipLibCheck: true },
      ...{ experimentalDecorators: true, emitDecoratorMetadata: true },
      ...{
        rootDir: 'src',
        outDir: 'dist',
        types: ['node'],
        typeRoots: [join(repositoryRoot, 'node_modules/@types')],
      },
    };
    const settings = { sourceRoot: 'src' };
    await writeFile(join(project.folder, 'nest-cli.json'), JSON.stringify(settings));
    await writeFile(
      join(project.folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions, include: ['src'] }),
    );
    await mkdir(join(project.folder, 'src'), { recursive: true });
    await rm(join(project.folder, 'dist'), { recursive: true, force: true });
    await writeFile(join(project.folder, 'src/main.ts'), await sourceOf(nestService()));
    await project.runCommand('nest', 'build', builder);
    await expectRightAnswers(join(project.folder, 'dist/main.js'));
  });
});

describe('installed by', () => {
  let managers: Consumer;

  beforeAll(async () => {
    managers = await createConsumer('module', MANAGERS);
  }, INSTALL_MS);

  afterAll(() => managers.close());

  async function installed(install: Install, name: string, service: Service): Promise<string> {
    const folder = join(managers.folder, `${name}-${service.name}`);
    const { nodeArguments, printed } = await install(folder, service, packed.tarballs, managers.folder);
    const file = join(folder, 'main.mjs');
    await writeFile(file, await compiledByTypeScript(service, 'esm'));
    await expectRightAnswers(file, nodeArguments);
    return printed;
  }

  it.each(SERVICES)('pnpm with strict peers, the $name service', async (service) => {
    await installed(installWithPnpm, 'pnpm', service);
  });

  it.each(SERVICES)("Yarn with Plug'n'Play, the $name service", async (service) => {
    // These codes tell of peers that are missing or of another version.
    expect(await installed(installWithYarn, 'yarn', service)).not.toMatch(/YN0002|YN0060|YN0086/);
  });
});

describe('docs/bundling.md', () => {
  it('shows the lines that are needed', async () => {
    const page = await readFile(join(repositoryRoot, 'docs/bundling.md'), 'utf8');
    for (const line of [BANNER, ...OPTIONAL_IN_NEST]) expect(page).toContain(line);
    const blocks = [...page.matchAll(/```json\n(.*?)```/gs)].map(([, json = '']): unknown =>
      JSON.parse(json),
    );
    expect(blocks).toContainEqual(UNPLUGGED);
  });
});
