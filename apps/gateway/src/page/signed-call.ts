import { randomUUID } from 'node:crypto';
import { type KeyStore } from '@countersign/core';
import { bodyHash, boundUri, SERVICE_TOKEN_TYPE, signToken } from '@countersign/core/adapter';

/** A call as whoever has the key means it, whether or not it is true. */
export interface ClaimedCall {
  readonly service: string;
  readonly audience: string;
  /** Path and query. */
  readonly path: string;
  readonly user: string;
  readonly scope: string;
  readonly transactionId: string;
}

const LIFETIME_SECONDS = 60;

/** A service token for a `GET`, signed past all rules: what somebody with the key can do. */
export async function signClaimed(keyStore: KeyStore, call: ClaimedCall): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: call.service,
    aud: call.audience,
    sub: call.user,
    iat: now,
    exp: now + LIFETIME_SECONDS,
    jti: randomUUID(),
    scope: call.scope,
    act: { sub: call.service },
    txn: call.transactionId,
    bdy: bodyHash(Buffer.alloc(0)),
    htm: 'GET',
    htu: boundUri(call.audience, call.path),
  };
  return signToken(claims, SERVICE_TOKEN_TYPE, keyStore.signer());
}
