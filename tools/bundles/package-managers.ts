import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Tarball, withoutNpm } from '../pack/consumer.js';
import { type Service } from './services.js';

const run = promisify(execFile);

/** The package managers that are tested, as npm installs them. */
export const MANAGERS = ['pnpm@12.21.0', '@yarnpkg/cli-dist@4.18.1'];

/** A folder in which a service is installed, and how Node runs a file of it. */
export interface Installed {
  readonly folder: string;
  readonly nodeArguments: readonly string[];
  /** What the package manager printed. */
  readonly printed: string;
}

/** Installs what a service needs. @throws what the package manager says when it refuses. */
export type Install = (
  folder: string,
  service: Service,
  tarballs: readonly Tarball[],
  managers: string,
) => Promise<Installed>;

/** Every package sees only what it names itself, and a peer that is missing is an error. */
export const installWithPnpm: Install = async (folder, service, tarballs, managers) => {
  await writeManifest(folder, service, tarballs, {});
  const settings = {
    strictPeerDependencies: true,
    autoInstallPeers: false,
    nodeLinker: 'isolated',
    storeDir: join(folder, 'store'),
    overrides: files(tarballs),
  };
  // What is JSON is YAML.
  await writeFile(join(folder, 'pnpm-workspace.yaml'), JSON.stringify(settings));
  const command = join(managers, 'node_modules/.bin/pnpm');
  const printed = await printedBy(command, ['install', '--ignore-scripts'], folder);
  return { folder, nodeArguments: [], printed };
};

/** As `docs/bundling.md` says: CommonJS cannot require a module out of an archive on Node 20. */
export const UNPLUGGED = { dependenciesMeta: { jose: { unplugged: true } } };

/** Without `node_modules`: packages stay in archives, and Yarn replaces parts of Node. */
export const installWithYarn: Install = async (folder, service, tarballs, managers) => {
  await writeManifest(folder, service, tarballs, { ...UNPLUGGED, resolutions: files(tarballs) });
  const registry = await printedBy('npm', ['config', 'get', 'registry'], folder);
  const settings = {
    nodeLinker: 'pnp',
    npmRegistryServer: registry.trim(),
    enableGlobalCache: false,
    enableImmutableInstalls: false,
    enableScripts: false,
    enableTelemetry: false,
  };
  await writeFile(join(folder, '.yarnrc.yml'), JSON.stringify(settings));
  await writeFile(join(folder, 'yarn.lock'), '');
  const yarn = join(managers, 'node_modules/@yarnpkg/cli-dist/bin/yarn.js');
  const printed = await printedBy(process.execPath, [yarn, 'install'], folder);
  const nodeArguments = ['--require', './.pnp.cjs', '--experimental-loader', './.pnp.loader.mjs'];
  return { folder, nodeArguments, printed };
};

async function writeManifest(
  folder: string,
  { ours, others }: Service,
  tarballs: readonly Tarball[],
  more: object,
): Promise<void> {
  const packages = others.map((each): [string, string] => {
    const at = each.lastIndexOf('@');
    return [each.slice(0, at), each.slice(at + 1)];
  });
  const dependencies = {
    ...Object.fromEntries(packages),
    ...files(tarballs.filter(({ name }) => ours.includes(name))),
  };
  const manifest = { name: 'consumer', private: true, type: 'module', dependencies, ...more };
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest, undefined, 2));
}

/** Our packages name each other by version, as if they were published. */
function files(tarballs: readonly Tarball[]): Readonly<Record<string, string>> {
  return Object.fromEntries(tarballs.map(({ name, path }) => [name, `file:${path}`]));
}

async function printedBy(command: string, args: readonly string[], cwd: string): Promise<string> {
  try {
    const { stdout, stderr } = await run(command, args, { cwd, env: withoutNpm(), timeout: 240_000 });
    return stdout + stderr;
  } catch (error) {
    const { stdout, stderr } = error as { readonly stdout?: string; readonly stderr?: string };
    throw new Error(`${command} ${args.join(' ')} failed:\n${stdout ?? ''}${stderr ?? ''}`, { cause: error });
  }
}
