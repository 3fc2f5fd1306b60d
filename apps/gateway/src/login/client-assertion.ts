import { randomUUID } from 'node:crypto';
import { type KeyStore } from '@countersign/core';
import { signToken } from '@countersign/core/adapter';
import type { ClientAuth } from 'openid-client';

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const LIFETIME_SECONDS = 60;

/** Proves to the provider who we are with our own key, the one that signs our calls: no secret is shared (RFC 7523). */
export function byOwnKey(keyStore: KeyStore): ClientAuth {
  const prove = async (issuer: string, clientId: string, body: URLSearchParams): Promise<void> => {
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: clientId,
      sub: clientId,
      aud: issuer,
      iat: now,
      exp: now + LIFETIME_SECONDS,
      jti: randomUUID(),
    };
    body.set('client_id', clientId);
    body.set('client_assertion_type', ASSERTION_TYPE);
    body.set('client_assertion', await signToken(claims, 'client-authentication+jwt', keyStore.signer()));
  };
  // The library waits for what it is given, whatever its type says.
  return ({ issuer }, { client_id }, body) => prove(issuer, client_id, body) as unknown as undefined;
}
