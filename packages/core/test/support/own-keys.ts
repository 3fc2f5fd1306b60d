import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFixedClock, type FixedClock } from '../../src/clock.js';
import { createKeyStore } from '../../src/key-store/create-key-store.js';
import { type OpenKeyStore } from '../../src/signing-keys/key-store.js';
import { openKeyDirectory, type KeyDirectory } from '../../src/key-store/directory/key-directory.js';
import { privateKeyFor } from './signing-key.js';

/** A directory of our own keys, the commands on it, and the stores that services have of it. */
export interface OwnKeys {
  /** Holds `directory`, and is deleted with everything that a test puts beside it. */
  readonly root: string;
  readonly directory: string;
  readonly clock: FixedClock;
  readonly keys: KeyDirectory;
  /** What the stores warned of. */
  readonly warnings: string[];
  open(options?: object): Promise<OpenKeyStore>;
  /** Writes a file of the directory, as somebody does by hand; a new private key unless told otherwise. @returns its path. */
  put(name: string, text?: string): Promise<string>;
  close(): Promise<void>;
}

export async function createOwnKeys(): Promise<OwnKeys> {
  const root = await mkdtemp(join(tmpdir(), 'countersign-keys-'));
  const directory = join(root, 'keys');
  const clock = createFixedClock();
  const warnings: string[] = [];
  const opened: OpenKeyStore[] = [];
  return {
    root,
    directory,
    clock,
    keys: openKeyDirectory({ directory, clock }),
    warnings,
    async open(options = {}) {
      const onWarning = (warning: string) => void warnings.push(warning);
      const store = await createKeyStore({ directory, clock, onWarning, ...options });
      opened.push(store);
      return store;
    },
    async put(name, text = newJwk()) {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      await writeFile(join(directory, name), text, { mode: 0o600 });
      return join(directory, name);
    },
    async close() {
      await Promise.all(opened.map((store) => store.close()));
      await rm(root, { recursive: true });
    },
  };
}

/** A new private key, as a key file holds it. */
export function newJwk(): string {
  return JSON.stringify(privateKeyFor('ES256').export({ format: 'jwk' }));
}

/** The ids of the keys that a store publishes. */
export function published(store: OpenKeyStore): readonly string[] {
  return store.publicKeys().keys.map(({ kid }) => kid);
}
