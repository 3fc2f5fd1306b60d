import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFixedClock, systemClock, type FixedClock } from '@countersign/core';
import { openKeyDirectory, type KeyDirectory } from '@countersign/core/rotation';

/** A directory of keys for one test. */
export interface ScratchKeys {
  readonly path: string;
  /** The same directory some time ago: what is done with it has been done then. */
  ago(seconds: number): { readonly keys: KeyDirectory; readonly clock: FixedClock };
  remove(): Promise<void>;
}

/** Makes an empty directory. */
export async function scratchKeys(): Promise<ScratchKeys> {
  const path = await mkdtemp(join(tmpdir(), 'countersign keys '));
  return {
    path,
    ago(seconds) {
      const clock = createFixedClock(systemClock.now() - seconds);
      return { keys: openKeyDirectory({ directory: path, clock }), clock };
    },
    remove: () => rm(path, { recursive: true, force: true }),
  };
}

/** Every secret member of every private key that stands in the directory. */
export async function secretsIn(path: string): Promise<readonly string[]> {
  const files = (await readdir(path)).filter((name) => name.endsWith('.jwk.json'));
  const keys = await Promise.all(
    files.map(async (name) => JSON.parse(await readFile(join(path, name), 'utf8'))),
  );
  return keys.flatMap((key) =>
    ['d', 'p', 'q'].flatMap((member) => (member in key ? [String(key[member])] : [])),
  );
}
