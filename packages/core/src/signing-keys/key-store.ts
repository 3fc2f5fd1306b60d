import { type Algorithm } from '../crypto/algorithms.js';
import { type SigningKey } from './signing-key.js';
import { type PublicJwk } from '../crypto/jwk.js';
import { signBytes } from '../crypto/signature.js';

/** Signs with one private key of this service. */
export interface Signer {
  /** The thumbprint of the public key (RFC 7638), used as `kid`. */
  readonly keyId: string;
  /** The signature algorithm, used as `alg`. */
  readonly algorithm: Algorithm;
  /** Returns the signature in the format of JWS (RFC 7518 section 3). */
  sign(input: Buffer): Promise<Buffer>;
}

/** The keys of this service: one signs, all are published. */
export interface KeyStore {
  /** Returns the key that signs now. Called for each signature, because a rotation may change it. */
  signer(): Signer;
  /** Returns the public key set for `/.well-known/jwks.json` (RFC 7517 section 5). */
  publicKeys(): { readonly keys: readonly PublicJwk[] };
  /** How long verifiers may cache the public key set, in seconds: its `Cache-Control: max-age`. Default 300. */
  readonly verifierCacheSeconds?: number;
  /** Returns current problems for an operator. They name files, never key material. */
  problems?(): readonly string[];
  /** Releases files and timers. */
  close?(): Promise<void>;
}

/** A key store opened by `createKeyStore`: it also reports problems, can be read again, and must be closed. */
export interface OpenKeyStore extends KeyStore {
  readonly verifierCacheSeconds: number;
  /** Returns the warnings that still apply. Empty if there are none. */
  problems(): readonly string[];
  /** Reads the directory again now, rather than within `rereadSeconds`. Never rejects: problems become warnings. */
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
