import { constants, type KeyObject } from 'node:crypto';

/** The signature algorithms that this suite knows (RFC 7518 section 3.1, RFC 8037 section 3.1). No HMAC, no `none`. */
export type Algorithm =
  | 'RS256' | 'RS384' | 'RS512'
  | 'PS256' | 'PS384' | 'PS512'
  | 'ES256' | 'ES384' | 'ES512'
  | 'EdDSA'; // prettier-ignore

/** The name of a signature algorithm (RFC 7518, RFC 8037). `EdDSA` and `Ed25519` (RFC 9864) name the same algorithm. */
export type AlgorithmName = Algorithm | 'Ed25519';

/** How an algorithm is carried out by `node:crypto`, and which keys may do it. */
export interface AlgorithmRules {
  readonly hash: 'sha256' | 'sha384' | 'sha512' | null;
  readonly keyType: 'rsa' | 'ec' | 'ed25519';
  /** The only curve for an EC algorithm, as OpenSSL names it. */
  readonly curve?: string;
  /** Octets of every signature; an RSA signature is as long as the modulus. */
  readonly signatureBytes?: number;
  /** Default for an RSA key: that of PKCS #1 v1.5. */
  readonly padding?: number;
  readonly saltLength?: number;
}

const rsa = (hash: 'sha256' | 'sha384' | 'sha512'): AlgorithmRules => ({ hash, keyType: 'rsa' });

const pss = (hash: 'sha256' | 'sha384' | 'sha512'): AlgorithmRules => ({
  hash,
  keyType: 'rsa',
  padding: constants.RSA_PKCS1_PSS_PADDING,
  saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
});

const TABLE: ReadonlyMap<string, AlgorithmRules> = new Map<Algorithm, AlgorithmRules>([
  ['RS256', rsa('sha256')],
  ['RS384', rsa('sha384')],
  ['RS512', rsa('sha512')],
  ['PS256', pss('sha256')],
  ['PS384', pss('sha384')],
  ['PS512', pss('sha512')],
  ['ES256', { hash: 'sha256', keyType: 'ec', curve: 'prime256v1', signatureBytes: 64 }],
  ['ES384', { hash: 'sha384', keyType: 'ec', curve: 'secp384r1', signatureBytes: 96 }],
  ['ES512', { hash: 'sha512', keyType: 'ec', curve: 'secp521r1', signatureBytes: 132 }],
  ['EdDSA', { hash: null, keyType: 'ed25519', signatureBytes: 64 }],
]);

/** RFC 9864 gives EdDSA with Ed25519 a name of its own; both name the same thing here. */
const ALIASES: ReadonlyMap<string, string> = new Map([['Ed25519', 'EdDSA']]);

/** RFC 7518 section 3.3: a key of 2048 bits or larger MUST be used. */
export const MIN_RSA_BITS = 2048;

/** The algorithm of that name (case-sensitive, RFC 7515 section 4.1.1), or undefined when it is not known. */
export function algorithmNamed(name: string): Algorithm | undefined {
  const known = ALIASES.get(name) ?? name;
  return TABLE.has(known) ? (known as Algorithm) : undefined;
}

/** The rules of a known algorithm. */
export function algorithmRules(algorithm: Algorithm): AlgorithmRules {
  const rules = TABLE.get(algorithm);
  if (rules === undefined) throw new TypeError('not a known algorithm');
  return rules;
}

/** Whether a key is of the type, the curve and the size that the algorithm asks for. */
export function keyFits(key: KeyObject, algorithm: Algorithm): boolean {
  const rules = algorithmRules(algorithm);
  if (key.asymmetricKeyType !== rules.keyType) return false;
  const details = key.asymmetricKeyDetails;
  if (rules.keyType === 'rsa') {
    // With the exponent 1 a signature is its own plain text, and anybody can write one.
    return (details?.modulusLength ?? 0) >= MIN_RSA_BITS && (details?.publicExponent ?? 0n) > 1n;
  }
  return rules.curve === undefined || details?.namedCurve === rules.curve;
}

/** The octets that every signature by this key and algorithm has. */
export function signatureBytes(key: KeyObject, algorithm: Algorithm): number {
  const fixed = algorithmRules(algorithm).signatureBytes;
  return fixed ?? Math.ceil((key.asymmetricKeyDetails?.modulusLength ?? 0) / 8);
}

/** The names of all algorithms, for messages and for checking options. */
export const ALGORITHMS: readonly string[] = [...TABLE.keys()];
