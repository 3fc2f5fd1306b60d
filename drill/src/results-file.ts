import { mkdir, writeFile } from 'node:fs/promises';
import { arch, cpus, platform } from 'node:os';
import { join } from 'node:path';
import { type Row } from './judge.js';
import { type Form } from './scene.js';

/** A drill that was played, as its results file says it. */
export interface Results {
  readonly form: Form;
  readonly rows: readonly Row[];
  readonly seconds: number;
}

/** Writes the results beside the benchmark's, and returns the name of the file. Those of the short form are not kept. */
export async function writeResults(folder: string, { form, rows, seconds }: Results): Promise<string> {
  const [day = ''] = new Date().toISOString().split('T');
  const [major = ''] = process.versions.node.split('.');
  const name = `${form === 'full' ? 'drill' : 'drill-quick'}-${major}-${day}.json`;
  const processors = cpus();
  const results = {
    drill: form,
    date: day,
    node: process.versions.node,
    openssl: process.versions.openssl,
    machine: {
      processor: processors[0]?.model ?? 'unknown',
      cores: processors.length,
      system: `${platform()} ${arch()}`,
    },
    seconds: Math.round(seconds),
    rows: rows.map((row) => ({ ...row, measured: Number.isFinite(row.measured) ? row.measured : null })),
  };
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, name), `${JSON.stringify(results, undefined, 2)}\n`);
  return name;
}
