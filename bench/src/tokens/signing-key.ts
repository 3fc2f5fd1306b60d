import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomUUID,
  sign,
  type KeyObject,
} from 'node:crypto';

export type TokenAlgorithm = 'RS256' | 'ES256' | 'EdDSA';

export const ISSUER = 'https://issuer.example/';
export const AUDIENCE = 'https://orders.example/';

/** How long tokens live: longer than a run takes, and no longer than Countersign accepts. */
const LIFETIME_SECONDS = 3600;

/** A new key of the curve P-256. */
export function newEcKey(): KeyObject {
  return readAgain(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
}

/**
 * The same key by itself. On Node 20 a key shares a lock with what made it, and its export as a JWK holds that: a collection then, which
 * frees the latter, waits for it for good.
 */
function readAgain(key: KeyObject): KeyObject {
  return createPrivateKey(key.export({ type: 'pkcs8', format: 'pem' }));
}

const RULES = {
  RS256: {
    hash: 'sha256',
    make: () => readAgain(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey),
  },
  ES256: { hash: 'sha256', make: newEcKey },
  EdDSA: { hash: null, make: () => readAgain(generateKeyPairSync('ed25519').privateKey) },
} as const satisfies Record<TokenAlgorithm, { hash: string | null; make: () => KeyObject }>;

/** What stands in a token in place of what is usual. */
export interface TokenChanges {
  readonly header?: Readonly<Record<string, unknown>>;
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** A key that signs tokens for this benchmark, as fast as OpenSSL does. */
export interface SigningKey {
  readonly algorithm: TokenAlgorithm;
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly publicJwk: Readonly<Record<string, unknown>>;
  /** A new token, never made before: an access token of about 500 bytes (RS256: 700). */
  token(changes?: TokenChanges): string;
  /** Signs a text. */
  sign(input: string): Buffer;
}

export function signingKey(
  algorithm: TokenAlgorithm,
  {
    kid = `bench-${algorithm}`,
    privateKey = RULES[algorithm].make(),
  }: { kid?: string; privateKey?: KeyObject } = {},
): SigningKey {
  const { hash } = RULES[algorithm];
  const publicKey = createPublicKey(privateKey);
  const header = { alg: algorithm, typ: 'JWT', kid };
  const usualHeader = encode(header);

  function signText(input: string): Buffer {
    return sign(hash, Buffer.from(input, 'latin1'), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  }

  return {
    algorithm,
    kid,
    privateKey,
    publicKey,
    publicJwk: { ...publicKey.export({ format: 'jwk' }), kid, alg: algorithm, use: 'sig' },
    sign: signText,
    token(changes = {}) {
      const head = changes.header === undefined ? usualHeader : encode({ ...header, ...changes.header });
      const input = `${head}.${encode({ ...usualClaims(), ...changes.claims })}`;
      return `${input}.${signText(input).toString('base64url')}`;
    },
  };
}

function usualClaims() {
  const now = Math.floor(Date.now() / 1000);
  return {
    iss: ISSUER,
    aud: AUDIENCE,
    sub: 'auth|5f7c8ec7c33c6c004bbafe82',
    iat: now,
    exp: now + LIFETIME_SECONDS,
    jti: randomUUID(),
    client_id: 'my_client_id',
    scope: 'openid profile order:read order:write',
  };
}

export function encode(value: Readonly<Record<string, unknown>>): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
