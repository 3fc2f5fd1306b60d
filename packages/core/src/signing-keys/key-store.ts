import { type Algorithm } from '../crypto/algorithms.js';
import { type SigningKey } from './signing-key.js';
import { type PublicJwk } from '../crypto/jwk.js';
import { signBytes } from '../crypto/signature.js';

/** Signs with one of our keys. The seam for a key that another process or device holds. */
export interface Signer {
  /** The RFC 7638 thumbprint of the public key. */
  readonly keyId: string;
  readonly algorithm: Algorithm;
  /** The signature in the form that JWS wants (RFC 7518 section 3). */
  sign(input: Buffer): Promise<Buffer>;
}

/** Our own keys: one signs, all are published. */
export interface KeyStore {
  /** The key that signs now. Asked for each signature: another key may sign the next time. */
  signer(): Signer;
  /** The public key set, as served at `/.well-known/jwks.json` (RFC 7517 section 5). */
  publicKeys(): { readonly keys: readonly PublicJwk[] };
  /** How long verifiers may keep the public key set: its `Cache-Control: max-age`. Default 300. */
  readonly verifierCacheSeconds?: number;
  /** What an operator should look at now. Names files, and nothing of a key. Left out: the store cannot tell. */
  problems?(): readonly string[];
  /** Lets go of files and timers. */
  close?(): Promise<void>;
}

/** A key store that `createKeyStore` opened. */
export interface OpenKeyStore extends KeyStore {
  readonly verifierCacheSeconds: number;
  /** Empty while all is well. In a directory: what was warned of and still holds. */
  problems(): readonly string[];
  /** Reads a directory again now, rather than within `rereadSeconds`. Never fails: what is wrong is warned of. */
  reload(): Promise<void>;
  close(): Promise<void>;
}

/** The signer of a key that is in this process. */
export function localSigner({ jwk, algorithm, privateKey }: SigningKey): Signer {
  return Object.freeze({
    keyId: jwk.kid,
    algorithm,
    sign: (input: Buffer) => signBytes(algorithm, privateKey, input),
  });
}

/** A public key set that nobody can change. A key that comes twice is one key: two with one kid would be refused. */
export function publishedKeys(jwks: readonly PublicJwk[]): { readonly keys: readonly PublicJwk[] } {
  const byId = new Map(jwks.map((jwk) => [jwk.kid, jwk]));
  return Object.freeze({ keys: Object.freeze([...byId.values()]) });
}

/** A store whose keys stay as they are; the last one signs. */
export function fixedKeyStore(
  keys: readonly { readonly signer: Signer; readonly jwk: PublicJwk }[],
  verifierCacheSeconds: number,
): OpenKeyStore {
  const signer = keys.at(-1)?.signer;
  if (signer === undefined) throw new TypeError('a key store needs a key');
  const published = publishedKeys(keys.map(({ jwk }) => jwk));
  return {
    signer: () => signer,
    publicKeys: () => published,
    verifierCacheSeconds,
    problems: () => [],
    reload: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}
