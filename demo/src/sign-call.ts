import { type KeyStore } from '@countersign/core';
import { bodyHash, boundUri, SERVICE_TOKEN_TYPE, signToken } from '@countersign/core/adapter';

/** One call, as whoever signs it means it. */
export interface Call {
  readonly audience: string;
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly user: string;
  readonly scope: string;
  readonly body: string;
}

export interface SignedCall {
  readonly token: string;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** A service token by `service`, for one called service, in the name of a user, bound to one request. */
export async function signCall(service: string, keyStore: KeyStore, call: Call): Promise<SignedCall> {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: service,
    aud: call.audience,
    sub: call.user,
    iat: now,
    exp: now + 60,
    jti: crypto.randomUUID(),
    scope: call.scope,
    act: { sub: service },
    txn: crypto.randomUUID(),
    bdy: bodyHash(Buffer.from(call.body)),
    htm: call.method,
    htu: boundUri(call.audience, call.path),
  };
  return { token: await signToken(claims, SERVICE_TOKEN_TYPE, keyStore.signer()), claims };
}
