import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { type JsonReport } from '../../src/output/json-report.js';

/** The command as npm links it. It runs what was built. */
export const BIN = fileURLToPath(new URL('../../bin/countersign.js', import.meta.url));

/** How the command ended, and all that it printed. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command in a process of its own, with no environment but the given one. */
export async function countersign(
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const child = spawn(process.execPath, [BIN, ...words], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { code, stdout, stderr };
}

/** How the command ended with `--json`, and the document that it printed. */
export async function countersignJson([group = '', name = '', ...words]: readonly string[]): Promise<{
  readonly code: number;
  readonly report: JsonReport;
}> {
  const { code, stdout } = await countersign([group, name, '--json', ...words]);
  return { code, report: JSON.parse(stdout) };
}
