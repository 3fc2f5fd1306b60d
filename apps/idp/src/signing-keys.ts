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
  /**
   * Has the next key sign, which everybody could read before, and publishes the one after it. Changes nothing while there
   * are `MAX_RETIRED` old keys whose tokens may live: none of them is dropped for a new one.
   */
  rotate(): Rotation;
}

export type Rotation =
  { readonly isDone: true } | { readonly isDone: false; readonly retryAfterSeconds: number };

/**
 * How many old keys are published, beside the one that signs and the next: 34 together. A verifier takes no more than 64
 * from one issuer, and refuses a set that is larger.
 */
export const MAX_RETIRED = 32;

/**
 * How long a key that signs no more stays published: as long as its last token lives, and a minute, for clocks that differ
 * and answers that are kept.
 */
export function keepSecondsFor(accessTokenSeconds: number): number {
  return accessTokenSeconds + 60;
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
 * @param keepSeconds see `keepSecondsFor`.
 * @param now seconds since the epoch.
 */
export function openSigningKeys(
  directory: string,
  keepSeconds: number,
  now = () => Date.now() / 1000,
): SigningKeys {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const file = join(directory, 'keys.json');
  let state = existsSync(file) ? stored.parse(JSON.parse(readFileSync(file, 'utf8'))) : fresh();
  // The latest come first.
  const living = () => state.retired.filter(({ until }) => until > now()).slice(0, MAX_RETIRED);
  state = { ...state, retired: living() };
  save(file, state);
  return {
    get keys() {
      return [state.active, state.next, ...state.retired.map(({ key }) => key)];
    },
    get cookieSecret() {
      return state.cookieSecret;
    },
    rotate() {
      const kept = living();
      const oldest = kept[MAX_RETIRED - 1];
      if (oldest !== undefined) return { isDone: false, retryAfterSeconds: Math.ceil(oldest.until - now()) };
      const retired = [{ key: state.active, until: now() + keepSeconds }, ...kept];
      state = { ...state, active: state.next, next: newKey(), retired };
      save(file, state);
      return { isDone: true };
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
