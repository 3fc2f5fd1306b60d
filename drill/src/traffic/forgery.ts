import { randomBytes, randomUUID } from 'node:crypto';
import { type Clock } from '@countersign/core';
import { SERVICE_TOKEN_TYPE } from '@countersign/core/adapter';
import { CALLER, RECEIVER } from '../parties.js';

/** Makes tokens as the caller's own, but for the key: its name is drawn for each, and so was the signature. */
export function createForger(clock: Clock): () => string {
  const iat = Math.floor(clock.now());
  const claims = {
    iss: CALLER,
    aud: RECEIVER,
    sub: CALLER,
    iat,
    exp: iat + 300,
    jti: randomUUID(),
    scope: 'user:read',
  };
  const rest = `${encode(claims)}.${randomBytes(64).toString('base64url')}`;
  return () => {
    const header = { alg: 'ES256', kid: randomBytes(32).toString('base64url'), typ: SERVICE_TOKEN_TYPE };
    return `${encode(header)}.${rest}`;
  };
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
