import { constants, createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { ALGORITHMS, type Algorithm } from '../../src/crypto/algorithms.js';
import { jwkThumbprint } from '../../src/crypto/jwk.js';

/**
 * Makes tokens octet by octet with `node:crypto`, so that anything can be forged: no library in between refuses to
 * write what an attacker would. An accepted token is the start; each forgery changes one thing in it.
 */

/** What a FixedClock shows when a test begins: 2026-01-01T00:00:00Z. */
export const NOW = 1_767_225_600;
export const SERVICE = 'https://census.service/';
export const ISSUER = 'https://herald.service/';
export const USER = 'https://census.service/user/21/';

/** The names of all algorithms, in a form that `it.each` takes. */
export const EVERY_ALGORITHM = [...ALGORITHMS] as Algorithm[];

/** A key pair of a forger, for one algorithm. */
export interface ForgeKey {
  readonly algorithm: Algorithm;
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** As the trusted issuer publishes it. */
  readonly jwk: Readonly<Record<string, unknown>>;
}

interface SigningRules {
  readonly hash: string | null;
  readonly padding?: number;
  readonly isEc?: boolean;
}

const { RSA_PKCS1_PADDING: PKCS1, RSA_PKCS1_PSS_PADDING: PSS } = constants;

/** Written down a second time on purpose: a mistake in the table that is tested must not sign its own tokens. */
const SIGNING: Readonly<Record<Algorithm, SigningRules>> = {
  RS256: { hash: 'sha256', padding: PKCS1 },
  RS384: { hash: 'sha384', padding: PKCS1 },
  RS512: { hash: 'sha512', padding: PKCS1 },
  PS256: { hash: 'sha256', padding: PSS },
  PS384: { hash: 'sha384', padding: PSS },
  PS512: { hash: 'sha512', padding: PSS },
  ES256: { hash: 'sha256', isEc: true },
  ES384: { hash: 'sha384', isEc: true },
  ES512: { hash: 'sha512', isEc: true },
  EdDSA: { hash: null },
};

const CURVES: Readonly<Partial<Record<Algorithm, string>>> = {
  ES256: 'P-256',
  ES384: 'P-384',
  ES512: 'P-521',
};

/** A fresh key pair; `kid` is its thumbprint unless given. */
export function createForgeKey(algorithm: Algorithm = 'ES256', kid?: string): ForgeKey {
  const namedCurve = CURVES[algorithm];
  const pair =
    algorithm === 'EdDSA'
      ? generateKeyPairSync('ed25519')
      : namedCurve === undefined
        ? generateKeyPairSync('rsa', { modulusLength: 2048 })
        : generateKeyPairSync('ec', { namedCurve });
  return forgeKeyOf(pair, algorithm, kid);
}

/** A forger's key from a key pair that a test made itself. */
export function forgeKeyOf(
  pair: { readonly privateKey: KeyObject; readonly publicKey: KeyObject },
  algorithm: Algorithm,
  kid?: string,
): ForgeKey {
  const members = pair.publicKey.export({ format: 'jwk' });
  const keyId = kid ?? jwkThumbprint(members);
  return { ...pair, algorithm, kid: keyId, jwk: { ...members, kid: keyId, alg: algorithm, use: 'sig' } };
}

const keys = new Map<Algorithm, ForgeKey>();

/** The trusted key for an algorithm: made once for each test file, when it is first asked for. */
export function trustedKey(algorithm: Algorithm = 'ES256'): ForgeKey {
  const known = keys.get(algorithm) ?? createForgeKey(algorithm);
  keys.set(algorithm, known);
  return known;
}

/** The signature of any octets, in the form that JWS wants. */
export function signatureOf(input: string | Buffer, key: ForgeKey, algorithm = key.algorithm): Buffer {
  const { hash, padding, isEc } = SIGNING[algorithm];
  const octets = typeof input === 'string' ? Buffer.from(input, 'latin1') : input;
  if (isEc === true) return sign(hash, octets, { key: key.privateKey, dsaEncoding: 'ieee-p1363' });
  if (padding === undefined) return sign(hash, octets, key.privateKey);
  const saltLength = padding === PSS ? constants.RSA_PSS_SALTLEN_DIGEST : undefined;
  return sign(hash, octets, { key: key.privateKey, padding, saltLength });
}

/** What is different in a forged token. A member that is `undefined` is left out of the token. */
export interface Forgery {
  /** Laid over the header of the accepted token. */
  readonly header?: Readonly<Record<string, unknown>>;
  /** Laid over the claims of the accepted token. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** The octets of the header, instead of JSON. */
  readonly rawHeader?: string | Buffer;
  /** The octets of the claims, instead of JSON. */
  readonly rawClaims?: string | Buffer;
  /** Signs, instead of the trusted key; the header still names the trusted key. */
  readonly signedBy?: ForgeKey;
  /** How it is signed, whatever the header says. */
  readonly signedAs?: Algorithm;
  /** Changes the header and claims segments before they are signed. */
  readonly segments?: (header: string, claims: string) => readonly [header: string, claims: string];
  /** Replaces the signature octets. */
  readonly signature?: (signature: Buffer, signingInput: string) => Buffer;
  /** Changes the finished token. */
  readonly compact?: (token: string) => string;
}

let tokens = 0;

/** The claims of the accepted token: a service that speaks for itself, 60 s to live, a `jti` of its own. */
export function acceptedClaims(): Readonly<Record<string, unknown>> {
  tokens++;
  return {
    iss: ISSUER,
    aud: SERVICE,
    sub: ISSUER,
    iat: NOW,
    exp: NOW + 60,
    jti: `jti-${String(tokens)}`,
    scope: 'user:read user:write',
  };
}

/** Signs the accepted token, changed as the forgery says. */
export function forgeToken(forgery: Forgery = {}, key: ForgeKey = trustedKey()): string {
  const header = { alg: key.algorithm, kid: key.kid, typ: 'svc+jwt', ...forgery.header };
  const claims = { ...acceptedClaims(), ...forgery.claims };
  const plain = [
    base64url(forgery.rawHeader ?? JSON.stringify(header)),
    base64url(forgery.rawClaims ?? JSON.stringify(claims)),
  ] as const;
  const signingInput = (forgery.segments?.(...plain) ?? plain).join('.');
  const signer = forgery.signedBy ?? key;
  const signature = signatureOf(signingInput, signer, forgery.signedAs ?? signer.algorithm);
  const token = `${signingInput}.${base64url(forgery.signature?.(signature, signingInput) ?? signature)}`;
  return forgery.compact?.(token) ?? token;
}

/** The claims that bind a token to one request. */
export function bindingClaims(request: {
  readonly method: string;
  readonly url: string;
  readonly body: Uint8Array;
}): Readonly<Record<string, unknown>> {
  return { bdy: sha256(request.body), htm: request.method, htu: SERVICE.slice(0, -1) + request.url };
}

export function sha256(octets: Uint8Array | string): string {
  return createHash('sha256').update(octets).digest('base64url');
}

export function base64url(octets: string | Uint8Array): string {
  return Buffer.from(octets).toString('base64url');
}
