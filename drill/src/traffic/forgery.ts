import { randomBytes, randomUUID } from 'node:crypto';
import { SERVICE_TOKEN_TYPE, type Clock } from '@countersign/core';
import { CALLER, RECEIVER } from '../parties.js';

/** A token as the caller's own, but for the key: its name is drawn, and the signature with it. */
export function forgery(clock: Clock): string {
  const iat = Math.floor(clock.now());
  const header = { alg: 'ES256', kid: randomBytes(32).toString('base64url'), typ: SERVICE_TOKEN_TYPE };
  const claims = {
    iss: CALLER,
    aud: RECEIVER,
    sub: CALLER,
    iat,
    exp: iat + 300,
    jti: randomUUID(),
    scope: 'user:read',
  };
  return [encode(header), encode(claims), randomBytes(64).toString('base64url')].join('.');
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
