import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** A private key as the provider takes it. */
export type PrivateJwk = z.output<typeof privateJwk>;

/** The provider's own keys: one that signs, one that will sign next, and those whose tokens may still be about. */
export interface SigningKeys {
  /** The one that signs comes first: the provider takes the first that fits. */
  readonly keys: readonly PrivateJwk[];
  /** For cookies. */
  readonly cookieSecret: string;
  /** Has the next key sign, which everybody could read before, and publishes the one after it. */
  rotate(): void;
}

const privateJwk = z.object({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: z.string(),
  y: z.string(),
  d: z.string(),
  kid: z.string(),
  alg: z.literal('ES256'),
  use: z.literal('sig'),
});

const stored = z.object({
  cookieSecret: z.string(),
  active: privateJwk,
  next: privateJwk,
  /** Seconds since the epoch. */
  retired: z.array(z.object({ key: privateJwk, until: z.number() })),
});
type Stored = z.output<typeof stored>;

/**
 * Opens the keys in a directory, and makes them when there are none: the file can be read by its owner only.
 * @param keepSeconds how long a key that signs no more stays published: as long as its last token lives.
 */
export function openSigningKeys(directory: string, keepSeconds: number): SigningKeys {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const file = join(directory, 'keys.json');
  let state = existsSync(file) ? stored.parse(JSON.parse(readFileSync(file, 'utf8'))) : fresh();
  save(file, state);
  return {
    get keys() {
      return [state.active, state.next, ...state.retired.map(({ key }) => key)];
    },
    get cookieSecret() {
      return state.cookieSecret;
    },
    rotate() {
      const now = Date.now() / 1000;
      const living = state.retired.filter(({ until }) => until > now);
      const retired = [{ key: state.active, until: now + keepSeconds }, ...living];
      state = { ...state, active: state.next, next: newKey(), retired };
      save(file, state);
    },
  };
}

function fresh(): Stored {
  return { cookieSecret: randomUUID() + randomUUID(), active: newKey(), next: newKey(), retired: [] };
}

function newKey(): PrivateJwk {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateJwk.parse({
    ...privateKey.export({ format: 'jwk' }),
    kid: randomUUID(),
    alg: 'ES256',
    use: 'sig',
  });
}

/** All of it or nothing: a provider that is killed while it writes keeps its old keys. */
function save(file: string, state: Stored): void {
  writeFileSync(`${file}.new`, JSON.stringify(state), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
