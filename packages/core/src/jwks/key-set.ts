import { type KeyObject } from 'node:crypto';
import { printable } from '../options.js';
import { algorithmNamed, keyFits, type Algorithm } from '../crypto/algorithms.js';
import { importPublicJwk, jwkThumbprint, publicJwk } from '../crypto/jwk.js';
import { weaknessOf } from '../crypto/weak-keys.js';
import { isRecord } from '../lib/is-record.js';

/** One public key of an issuer. */
export interface VerificationKey {
  readonly keyId: string;
  readonly key: KeyObject;
  /** What it is, whatever its name (RFC 7638). */
  readonly thumbprint: string;
  /** The one algorithm that this key may be used with; undefined when it is not a key for signatures at all. */
  readonly algorithm: Algorithm | undefined;
}

/** All usable keys of one issuer, by `kid`. Never changed: a new set replaces it. */
export interface KeySet {
  readonly byId: ReadonlyMap<string, VerificationKey>;
  /** How many keys were left out. */
  readonly refusedKeys: number;
  /** Why keys were left out, for the operator's log. */
  readonly warnings: readonly string[];
}

/** More keys than this in one set are left out (a bound on what an issuer can make us keep). */
const MAX_KEYS = 64;

/** Members that only a private key has (RFC 7518 sections 6.2.2 and 6.3.2); `k` makes it a secret one. */
export const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'] as const;

/**
 * Reads a JWK set key by key (RFC 7517 section 5): keys that cannot be used are left out with a warning, the others stay.
 * Left out: secret keys, private keys, weak keys, RSA below 2048 bits, unlisted curves, keys without a `kid` in a set of
 * several, and the second of two keys with one `kid`.
 * A key whose `use` or `key_ops` is not for signatures stays known, without an algorithm.
 *
 * @param allowed the issuer's algorithms: an RSA key without `alg` gets the first one that fits it.
 * @throws TypeError when `value` is not a JWK set or has no usable key.
 */
export function readKeySet(value: unknown, allowed: readonly Algorithm[]): KeySet {
  const jwks = Array.isArray(value) ? value : isRecord(value) ? value['keys'] : undefined;
  if (!Array.isArray(jwks)) throw new TypeError('is not a JWK set: it has no "keys" array');
  const byId = new Map<string, VerificationKey>();
  const warnings: string[] = [];
  if (jwks.length > MAX_KEYS) warnings.push(`only the first ${String(MAX_KEYS)} keys are read`);
  jwks.slice(0, MAX_KEYS).forEach((jwk: unknown, index) => {
    const read = readKey(jwk, allowed, jwks.length === 1);
    if (typeof read === 'string') warnings.push(`keys[${String(index)}] is left out: ${read}`);
    else if (byId.has(read.keyId))
      warnings.push(`keys[${String(index)}] is left out: an earlier key has the same kid`);
    else byId.set(read.keyId, read);
  });
  if (byId.size === 0) throw new TypeError(`holds no usable key (${warnings.join('; ') || 'it is empty'})`);
  return { byId, refusedKeys: jwks.length - byId.size, warnings };
}

/** The key, or the reason why it cannot be used. */
function readKey(jwk: unknown, allowed: readonly Algorithm[], isOnlyKey: boolean): VerificationKey | string {
  if (!isRecord(jwk)) return 'it is not an object';
  if (jwk['kty'] === 'oct') return 'it is a secret key';
  if (PRIVATE_MEMBERS.some((member) => jwk[member] !== undefined))
    return 'it is a private key; treat it as compromised';
  const keyId = jwk['kid'] ?? (isOnlyKey ? '' : undefined);
  if (typeof keyId !== 'string') return 'it has no kid';
  const key = importPublicJwk(jwk);
  if (key === undefined) return 'it is not a valid public key';
  const members = publicJwk(key);
  const thumbprint = jwkThumbprint(members);
  if (!isForSignatures(jwk)) return { keyId, key, thumbprint, algorithm: undefined };
  const name = `the key "${printable(keyId)}"`;
  const weakness = weaknessOf(key, members);
  if (weakness !== undefined) return `${name} is weak: ${weakness}`;
  const algorithm = algorithmOf(jwk, key, allowed);
  if (algorithm === undefined) return `the algorithm, type, curve or size of ${name} is not accepted`;
  return { keyId, key, thumbprint, algorithm };
}

function isForSignatures(jwk: Readonly<Record<string, unknown>>): boolean {
  if (jwk['use'] !== undefined && jwk['use'] !== 'sig') return false;
  const operations = jwk['key_ops'];
  return operations === undefined || (Array.isArray(operations) && operations.includes('verify'));
}

/** Each key has exactly one algorithm (RFC 8725 section 3.1): its own `alg`, else the only or first allowed one that fits. */
function algorithmOf(
  jwk: Readonly<Record<string, unknown>>,
  key: KeyObject,
  allowed: readonly Algorithm[],
): Algorithm | undefined {
  const stated = jwk['alg'];
  if (stated !== undefined) {
    const algorithm = typeof stated === 'string' ? algorithmNamed(stated) : undefined;
    return algorithm !== undefined && keyFits(key, algorithm) ? algorithm : undefined;
  }
  const candidates: readonly Algorithm[] = [...allowed, 'RS256', 'ES256', 'ES384', 'ES512', 'EdDSA'];
  return candidates.find((candidate) => keyFits(key, candidate));
}
