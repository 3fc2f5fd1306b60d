import { createHash, generateKeyPairSync, randomUUID, type JsonWebKey, type KeyObject } from 'node:crypto';
import { calculateJwkThumbprint, SignJWT, type JWK } from 'jose';

/** A client that has a key, and proves it as RFC 9449 says. jose signs: nothing that is tested checks its own work. */
export interface DpopClient {
  /** The `cnf` of tokens that are bound to its key. */
  readonly confirmation: { readonly jkt: string };
  /** The headers of a request; `claims` are laid over those of the proof. */
  headers(
    token: string,
    request: { readonly method: string; readonly uri: string },
    claims?: Readonly<Record<string, unknown>>,
  ): Promise<readonly (readonly [string, string])[]>;
}

export async function createDpopClient(): Promise<DpopClient> {
  const pair: { readonly privateKey: KeyObject; readonly publicKey: KeyObject } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
  });
  const jwk: JsonWebKey & JWK = { ...pair.publicKey.export({ format: 'jwk' }), kty: 'EC' };
  return {
    confirmation: { jkt: await calculateJwkThumbprint(jwk) },
    async headers(token, { method, uri }, claims = {}) {
      const ath = createHash('sha256').update(token).digest('base64url');
      const proof = await new SignJWT({ jti: randomUUID(), htm: method, htu: uri, ath, ...claims })
        .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk })
        .setIssuedAt()
        .sign(pair.privateKey);
      return [
        ['Authorization', `DPoP ${token}`],
        ['DPoP', proof],
      ];
    },
  };
}
