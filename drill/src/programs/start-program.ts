import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Question } from './serve-commands.js';

/** Another process that does what it is told. `Commands` is the interface that its program exports. */
export interface Program<Commands> {
  ask<Name extends keyof Commands & string>(
    name: Name,
    ...question: QuestionOf<Commands[Name]>
  ): Promise<AnswerOf<Commands[Name]>>;
  stop(): Promise<void>;
}

type QuestionOf<Command> = Command extends (...question: infer Question) => unknown ? Question : never;
type AnswerOf<Command> = Command extends (...question: never[]) => infer Answer ? Awaited<Answer> : never;

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** The program of that file, made with its settings. @throws Error when it does not come up. */
export async function startProgram<Commands>(file: string, settings: unknown): Promise<Program<Commands>> {
  const child = fork(fileURLToPath(new URL(`${file}.js`, import.meta.url)), [], { stdio: 'inherit' });
  const waiting = new Map<number, Waiting>();
  let asked = 0;
  child.on('message', (message) => {
    if (typeof message !== 'object' || !('id' in message)) return;
    const { id, answer, problem } = message as { id: number; answer?: unknown; problem?: string };
    const { resolve, reject } = waiting.get(id) ?? {};
    waiting.delete(id);
    if (problem === undefined) resolve?.(answer);
    else reject?.(new Error(`${file}: ${problem}`));
  });
  child.on('exit', (code, signal) => {
    for (const { reject } of waiting.values())
      reject(new Error(`${file} ended with ${String(code ?? signal)}`));
    waiting.clear();
  });

  async function ask(name: string, question: readonly unknown[]): Promise<unknown> {
    const id = ++asked;
    const message: Question = { id, name, question };
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      child.send(message, (error) => {
        if (error !== null) reject(error);
      });
    });
  }

  await ask('start', [settings]);
  return {
    // Both ends are of one build: the answer is what the program's interface says.
    ask: async (name, ...question) => (await ask(name, question)) as AnswerOf<Commands[typeof name]>,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}
