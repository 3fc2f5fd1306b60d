import { compileExample } from './compile-example.js';
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

/**
 * Compiles the first TypeScript block of the README in the project, against what is installed there.
 * @returns what the compiler says of the block, and of our declarations.
 */
export async function compileReadmeService(consumer: Consumer): Promise<readonly string[]> {
  return compileExample(consumer, {
    readme: 'README.md',
    file: 'app.module.ts',
    asker: 'ask-readme-service.mjs',
  });
}

/** Starts the compiled service on a free port, asks it over HTTP, and stops it. */
export async function askReadmeService(
  consumer: Consumer,
  platform: 'express' | 'fastify',
): Promise<Answers> {
  const printed = await consumer.run('ask-readme-service.mjs', platform);
  return JSON.parse(printed.trim().split('\n').at(-1) ?? '') as Answers;
}
