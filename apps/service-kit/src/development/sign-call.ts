import { randomUUID } from 'node:crypto';
import { type KeyStore } from '@countersign/core';
import { bodyHash, boundUri, SERVICE_TOKEN_TYPE, signToken } from '@countersign/core/adapter';

/** A call as whoever has the key means it, whether or not it is true. */
export interface ClaimedCall {
  /** The issuer of the token, which is also the acting service. */
  readonly service: string;
  readonly audience: string;
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly user: string;
  readonly scope: string;
  /** Default: an empty body. */
  readonly body?: string;
  /** Default: a new one. */
  readonly transactionId?: string;
}

const LIFETIME_SECONDS = 60;

/** Signs a service token for one request past all rules: what somebody with the key can do. */
export async function signCall(keyStore: KeyStore, call: ClaimedCall): Promise<string> {
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
    txn: call.transactionId ?? randomUUID(),
    bdy: bodyHash(Buffer.from(call.body ?? '')),
    htm: call.method,
    htu: boundUri(call.audience, call.path),
  };
  return signToken(claims, SERVICE_TOKEN_TYPE, keyStore.signer());
}
