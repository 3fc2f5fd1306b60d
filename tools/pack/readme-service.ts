import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import ts from 'typescript';
import { readPage } from '../docs/markdown.js';
import { repositoryRoot } from '../repository.js';
import { type Consumer } from './consumer.js';

/** One answer of the service. */
export interface Answer {
  readonly status: number;
  readonly challenge: string | null;
  readonly body: unknown;
}

/** What the service of the README answers: without a token, with a good one, with one for a user, with one for another service. */
export interface Answers {
  readonly nothing: Answer;
  readonly good: Answer;
  readonly user: Answer;
  readonly foreign: Answer;
}

/** Where the README says that herald's keys are. Nobody answers there: a test issuer stands in. */
const HERALD_KEYS = "'https://herald.service/.well-known/jwks.json'";

/**
 * Compiles the first TypeScript block of the README in the project, against what is installed there.
 * @returns what the compiler says of the block, and of our declarations.
 */
export async function compileReadmeService(consumer: Consumer): Promise<readonly string[]> {
  const readme = readPage('README.md', await readFile(join(repositoryRoot, 'README.md'), 'utf8'));
  const service = readme.blocks.find(({ language }) => language === 'ts')?.code ?? '';
  if (!service.includes(HERALD_KEYS))
    throw new Error(`the first block of the README does not name ${HERALD_KEYS}`);
  const path = join(consumer.folder, 'app.module.ts');
  await writeFile(path, service.replace(HERALD_KEYS, "String(process.env['HERALD_JWKS_URI'])"));
  await copyFile(
    join(repositoryRoot, 'tools/fixtures/ask-readme-service.mjs'),
    join(consumer.folder, 'ask-readme-service.mjs'),
  );
  const program = ts.createProgram([path], {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    strict: true,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    types: ['node'],
    typeRoots: [join(repositoryRoot, 'node_modules/@types')],
  });
  program.emit();
  return ts
    .getPreEmitDiagnostics(program)
    .filter(
      ({ file }) => file === undefined || file.fileName === path || file.fileName.includes('@countersign'),
    )
    .map(
      ({ file, messageText }) =>
        `${file?.fileName ?? ''}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
    );
}

/** Starts the compiled service on a free port, asks it over HTTP, and stops it. */
export async function askReadmeService(
  consumer: Consumer,
  platform: 'express' | 'fastify',
): Promise<Answers> {
  const printed = await consumer.run('ask-readme-service.mjs', platform);
  return JSON.parse(printed.trim().split('\n').at(-1) ?? '') as Answers;
}
