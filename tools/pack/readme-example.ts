import { compileExample } from './compile-example.js';
import { type Consumer } from './consumer.js';

/** One answer of an example. */
export interface ExampleAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** What an example answers: a read without a token, with a good one and with one that lacks the scope; a write, and it once more. */
export interface ExampleAnswers {
  readonly nothing: ExampleAnswer;
  readonly good: ExampleAnswer;
  readonly other: ExampleAnswer;
  readonly written: ExampleAnswer;
  readonly replayed: ExampleAnswer;
}

/** Compiles the first example of the README of a package. @returns what the compiler says of it. */
export function compileReadmeExample(consumer: Consumer, name: string): Promise<readonly string[]> {
  return compileExample(consumer, {
    readme: `packages/${name}/README.md`,
    file: `${name}.ts`,
    asker: 'ask-readme-example.mjs',
  });
}

/** Starts the compiled example on a free port, asks it over HTTP, and stops it. */
export async function askReadmeExample(consumer: Consumer, name: string): Promise<ExampleAnswers> {
  const printed = await consumer.run('ask-readme-example.mjs', name);
  // An example with a logger prints lines of its own, some of them later.
  const line = printed.split('\n').find((each) => each.startsWith('{"nothing"')) ?? '';
  return JSON.parse(line) as ExampleAnswers;
}
