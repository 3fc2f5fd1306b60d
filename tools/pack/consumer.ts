import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { repositoryRoot } from '../repository.js';

const run = promisify(execFile);

/** A packed package. */
export interface Tarball {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  /** What it holds, relative to the package. */
  readonly files: readonly string[];
}

/** The packed packages, until they are closed. */
export interface Packed {
  readonly tarballs: readonly Tarball[];
  close(): Promise<void>;
}

/** A project outside this repository, as a user has one. */
export interface Consumer {
  readonly folder: string;
  /** Runs a script of the project with node; resolves to what it printed. */
  run(script: string, ...args: readonly string[]): Promise<string>;
  /** Runs a command that an installed package brought; resolves to what it printed. */
  runCommand(name: string, ...args: readonly string[]): Promise<string>;
  /** Runs a line as somebody pastes it into a shell in the folder; resolves to what it printed. */
  paste(line: string): Promise<string>;
  /** Installs more, by `name@range`. */
  install(...packages: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** npm's own variables would make the nested npm work on this repository instead of its own folder. */
const NPM_OWN = /^npm_(package|lifecycle|command|execpath|node)|^npm_config_(local_prefix|prefix|workspace)/i;
const INSTALL_MS = 240_000;
const RUN_MS = 30_000;

/** Packs every package of `packages/`. They must have been built. */
export async function packAll(): Promise<Packed> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-packed-'));
  const names = await readdir(join(repositoryRoot, 'packages'));
  const workspaces = names.flatMap((name) => ['-w', `packages/${name}`]);
  const stdout = await npm(repositoryRoot, 'pack', '--json', '--pack-destination', folder, ...workspaces);
  const packed = JSON.parse(stdout) as readonly {
    readonly name: string;
    readonly filename: string;
    readonly files: readonly { readonly path: string }[];
  }[];
  const tarballs = packed.map(({ name, filename, files }) => ({
    name,
    path: join(folder, filename),
    files: files.map(({ path }) => path),
  }));
  return { tarballs, close: () => rm(folder, { recursive: true, force: true }) };
}

/** Makes an empty project of the given module type and installs packages into it, by tarball or `name@range`. */
export async function createConsumer(
  type: 'module' | 'commonjs',
  packages: readonly string[],
): Promise<Consumer> {
  const folder = await mkdtemp(join(tmpdir(), `countersign-${type}-`));
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type }));
  const consumer: Consumer = {
    folder,
    async run(script, ...args) {
      const { stdout } = await run(process.execPath, [script, ...args], { cwd: folder, timeout: RUN_MS });
      return stdout;
    },
    async runCommand(name, ...args) {
      const command = join('node_modules', '.bin', name);
      const { stdout } = await run(command, args, { cwd: folder, timeout: RUN_MS });
      return stdout;
    },
    async paste(line) {
      // Run by npm, the tests have the commands of this repository on the PATH; a user has none.
      const folders = (process.env['PATH'] ?? '').split(':').filter((each) => !each.includes('node_modules'));
      const env = { ...withoutNpm(), PATH: folders.join(':') };
      const { stdout } = await run('/bin/sh', ['-c', line], { cwd: folder, env, timeout: RUN_MS });
      return stdout;
    },
    async install(...packages) {
      const quiet = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund'];
      await npm(folder, 'install', ...quiet, ...packages);
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
  await consumer.install(...packages);
  return consumer;
}

/** The environment without what npm says to the scripts that it runs. */
export function withoutNpm(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !NPM_OWN.test(name)));
}

async function npm(folder: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await run('npm', args, {
    cwd: folder,
    env: withoutNpm(),
    timeout: INSTALL_MS,
    maxBuffer: 16 * 1024 * 1024,
  });
  return stdout;
}
