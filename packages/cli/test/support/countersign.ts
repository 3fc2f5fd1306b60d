import { type ChildProcess, spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { type JsonReport } from '../../src/output/json-report.js';

const BIN = fileURLToPath(new URL('../../bin/countersign.js', import.meta.url));

/** How the command ended, and all that it printed. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built command in a process of its own, with no environment but the given one. */
export async function countersign(
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const child = start(words, environment);
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout!), text(child.stderr!), ended]);
  return { code, stdout, stderr };
}

/** The same with `--json`: what stands on stdout, parsed. */
export async function countersignJson(
  ...words: readonly string[]
): Promise<{ readonly code: number | null; readonly document: JsonReport }> {
  const { code, stdout } = await countersign([...words, '--json']);
  return { code, document: JSON.parse(stdout) };
}

export function start(
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): ChildProcess {
  return spawn(process.execPath, [BIN, ...words], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
}
