import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { calculateJwkThumbprint, SignJWT, type JWK } from 'jose';
import { type Claims } from '../../src/token.js';

/** A key pair of an issuer in a test. jose signs with it: nothing that is tested checks its own work. */
export interface SigningKey {
  readonly kid: string;
  readonly algorithm: string;
  readonly privateKey: KeyObject;
  readonly privateJwk: JWK;
  readonly publicJwk: JWK;
  token(claims: Claims, header?: Claims): Promise<string>;
}

const GENERATE: Readonly<Record<string, () => KeyObject>> = {
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  ES384: () => generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey,
  ES512: () => generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey,
  EdDSA: () => generateKeyPairSync('ed25519').privateKey,
};

/** A fresh private key that fits a JOSE algorithm. */
export function privateKeyFor(algorithm: string, modulusLength = 2048): KeyObject {
  return GENERATE[algorithm]?.() ?? generateKeyPairSync('rsa', { modulusLength }).privateKey;
}

/** A fresh key pair; its `kid` is its thumbprint unless a test names it. */
export async function createSigningKey(algorithm = 'ES256', kid?: string): Promise<SigningKey> {
  return signingKeyOf(privateKeyFor(algorithm), algorithm, kid);
}

export async function signingKeyOf(
  privateKey: KeyObject,
  algorithm: string,
  kid?: string,
): Promise<SigningKey> {
  const members = createPublicKey(privateKey).export({ format: 'jwk' }) as JWK;
  const keyId = kid ?? (await calculateJwkThumbprint(members));
  const publicJwk = { ...members, kid: keyId, alg: algorithm, use: 'sig' };
  return {
    kid: keyId,
    algorithm,
    privateKey,
    privateJwk: privateKey.export({ format: 'jwk' }),
    publicJwk,
    token: (claims, header = {}) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: algorithm, kid: keyId, typ: 'svc+jwt', ...header })
        .sign(privateKey),
  };
}
