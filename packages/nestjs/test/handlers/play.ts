import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const PROGRAM = fileURLToPath(new URL('program/', import.meta.url));
const PLAY_MS = 170_000;

/** What is wrong with one way of putting an application together, a line for each fault. */
export interface Verdict {
  readonly name: string;
  readonly problems: readonly string[];
}

/**
 * Compiles the program that knocks at every handler into a folder, from where it finds the packages to run on, and runs it. A
 * process of its own, since what a handler is refused with must not end the process, and since Jest cannot load all that Node can.
 */
export async function play(folder: string, ...args: readonly string[]): Promise<readonly Verdict[]> {
  await compileProgram(folder);
  const program = spawn(process.execPath, ['main.js', ...args], {
    cwd: folder,
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: PLAY_MS,
  });
  const printed: Buffer[] = [];
  const said: Buffer[] = [];
  program.stdout.on('data', (chunk: Buffer) => printed.push(chunk));
  program.stderr.on('data', (chunk: Buffer) => said.push(chunk));
  const [code, signal]: unknown[] = await once(program, 'close');
  const output = Buffer.concat(printed).toString();
  if (code !== 0)
    throw new Error(
      `the program ended with ${String(code ?? signal)}: ${output}${Buffer.concat(said).toString()}`,
    );
  return output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Verdict);
}

/** Types are not checked again. */
async function compileProgram(folder: string): Promise<void> {
  const files = await readdir(PROGRAM, { recursive: true });
  for (const file of files.filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))) {
    const { outputText } = ts.transpileModule(await readFile(join(PROGRAM, file), 'utf8'), {
      compilerOptions: {
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.ESNext,
        experimentalDecorators: true,
        emitDecoratorMetadata: true,
      },
    });
    const path = join(folder, file.replace(/\.ts$/, '.js'));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, outputText);
  }
}
