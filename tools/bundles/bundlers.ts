import { builtinModules, createRequire } from 'node:module';
import { basename, dirname } from 'node:path';
import commonjsPlugin from '@rollup/plugin-commonjs';
import jsonPlugin from '@rollup/plugin-json';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import { build } from 'esbuild';
import { rollup } from 'rollup';
import type webpackTypes from 'webpack';
import { type Format } from './services.js';

/** What is imported are the functions; their types are written as if it were a module of CommonJS. */
const commonjs = commonjsPlugin as unknown as typeof commonjsPlugin.default;
const json = jsonPlugin as unknown as typeof jsonPlugin.default;

/** Imported, it would be asked for all that it exports, and warn of what is outdated. */
const webpack = createRequire(import.meta.url)('webpack') as typeof webpackTypes;

/** What is bundled, and where to. */
export interface Bundling {
  readonly entry: string;
  readonly outfile: string;
  readonly format: Format;
  readonly minify: boolean;
  /** `all`: every package stays outside, and is installed where the bundle runs. Otherwise the packages that do. */
  readonly external: 'all' | readonly string[];
}

/** One way to call a bundler. */
export interface Bundler {
  readonly name: string;
  readonly ways: readonly Pick<Bundling, 'format' | 'minify'>[];
  bundle(bundling: Bundling): Promise<void>;
}

/** Packages of CommonJS call `require`, which a module has to be given. `docs/bundling.md` shows this line. */
export const BANNER =
  "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);";

const WAYS = [
  { format: 'esm', minify: false },
  { format: 'esm', minify: true },
  { format: 'cjs', minify: false },
  { format: 'cjs', minify: true },
] as const;

export const BUNDLERS: readonly Bundler[] = [
  {
    name: 'esbuild',
    ways: WAYS,
    async bundle({ entry, outfile, format, minify, external }) {
      await build({
        entryPoints: [entry],
        outfile,
        format,
        minify,
        bundle: true,
        platform: 'node',
        target: 'node20',
        logLevel: 'silent',
        ...(external === 'all' ? { packages: 'external' } : { external: [...external] }),
        ...(format === 'esm' ? { banner: { js: BANNER } } : {}),
      });
    },
  },
  {
    name: 'rollup',
    ways: WAYS.filter(({ minify }) => !minify),
    async bundle({ entry, outfile, format, external }) {
      const build = await rollup({
        input: entry,
        plugins: [nodeResolve({ exportConditions: ['node'] }), commonjs(), json()],
        external: external === 'all' ? isPackage : [...external],
        // Circular imports of dependencies, and packages that are not installed: these stay outside.
        onwarn: () => undefined,
      });
      await build.write({
        file: outfile,
        format: format === 'esm' ? 'es' : 'cjs',
        inlineDynamicImports: true,
      });
      await build.close();
    },
  },
  {
    name: 'webpack',
    ways: WAYS.filter(({ minify }) => minify),
    bundle: bundleWithWebpack,
  },
];

function bundleWithWebpack({ entry, outfile, format, minify, external }: Bundling): Promise<void> {
  const isModule = format === 'esm';
  const type = isModule ? 'import' : 'commonjs';
  const compiler = webpack({
    mode: 'production',
    optimization: { minimize: minify },
    target: 'node',
    context: dirname(entry),
    entry,
    output: {
      path: dirname(outfile),
      filename: basename(outfile),
      chunkFilename: `[id].${basename(outfile)}`,
      ...(isModule ? { module: true, library: { type: 'module' } } : {}),
    },
    ...(isModule ? { experiments: { outputModule: true } } : {}),
    externals:
      external === 'all'
        ? async ({ request = '' }) =>
            isPackage(request) ? `${isModule ? 'module' : type} ${request}` : undefined
        : Object.fromEntries(external.map((name) => [name, `${type} ${name}`])),
  });
  return new Promise((resolve, reject) => {
    compiler.run((failure, stats) => {
      if (failure !== null) reject(failure);
      else if (stats?.hasErrors() === true) reject(new Error(stats.toString({ all: false, errors: true })));
      else resolve();
    });
  });
}

/** Whether an import names a package, and not a file or a module of Node. */
function isPackage(request: string): boolean {
  return /^[@a-z]/i.test(request) && !request.startsWith('node:') && !builtinModules.includes(request);
}
