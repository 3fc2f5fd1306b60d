import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { transform } from '@swc/core';
import ts from 'typescript';
import { repositoryRoot } from '../repository.js';

/** A service that every bundler builds. A package for another framework adds its own here. */
export interface Service {
  readonly name: string;
  /** The names of the packages of ours that it imports; what they depend on comes with them. */
  readonly ours: readonly string[];
  /** What else a user installs, as the README of the package says. */
  readonly others: readonly string[];
  /** What a bundle of everything must leave out: optional packages that the framework itself asks for. */
  readonly optional: readonly string[];
}

/** What Nest loads where it is installed, in a way that bundlers take for required. `docs/bundling.md` lists them. */
export const OPTIONAL_IN_NEST: readonly string[] = [
  '@nestjs/microservices',
  '@nestjs/microservices/microservices-module.js',
  '@nestjs/websockets/socket-module.js',
  'class-transformer',
  'class-validator',
];

export const SERVICES: readonly Service[] = [
  { name: 'node', ours: ['@countersign/core'], others: [], optional: [] },
  {
    name: 'express',
    ours: ['@countersign/core', '@countersign/express'],
    others: ['express@^5'],
    optional: [],
  },
  {
    name: 'fastify',
    ours: ['@countersign/core', '@countersign/fastify'],
    others: ['fastify@^5'],
    optional: [],
  },
  {
    name: 'nest',
    ours: ['@countersign/core', '@countersign/nestjs'],
    // prettier-ignore
    others: [
      '@nestjs/common@^12', '@nestjs/core@^12', '@nestjs/passport@^12', '@nestjs/platform-express@^12',
      'passport@^0.7.0', 'reflect-metadata@^0.2.0', 'rxjs@^7.8.0',
    ],
    optional: OPTIONAL_IN_NEST,
  },
];

/** The formats of a module, and the ending by which Node knows each. */
export const ENDINGS = { esm: 'mjs', cjs: 'cjs' } as const;

export type Format = keyof typeof ENDINGS;

/** The source of the service, in TypeScript. */
export function sourceOf({ name }: Service): Promise<string> {
  return readFile(join(repositoryRoot, 'tools/fixtures/bundles', `${name}.ts`), 'utf8');
}

/** The service as TypeScript compiles it: what bundlers are given. */
export async function compiledByTypeScript(service: Service, format: Format): Promise<string> {
  const module = format === 'esm' ? ts.ModuleKind.ESNext : ts.ModuleKind.CommonJS;
  const decorators = { experimentalDecorators: true, emitDecoratorMetadata: true };
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module, ...decorators };
  return ts.transpileModule(await sourceOf(service), { compilerOptions }).outputText;
}

/** The service as SWC compiles it, with the options that Nest needs. */
export async function compiledBySwc(service: Service, format: Format, minify: boolean): Promise<string> {
  const { code } = await transform(await sourceOf(service), {
    jsc: {
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
      target: 'es2022',
      ...(minify ? { minify: { compress: true, mangle: { topLevel: true } } } : {}),
    },
    module: { type: format === 'esm' ? 'es6' : 'commonjs' },
    minify,
  });
  return code;
}
