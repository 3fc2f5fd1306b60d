import { generateKeyPairSync } from 'node:crypto';
import { type ServiceOptions } from '@countersign/core/http';
import { type GuardSetup } from '../guards/guard.js';
import { REQUIRED_SCOPE } from './required-scope.js';

/** The options of ours that are the same for every adapter. Its log is off: nobody reads it here. */
export function ownOptions({ algorithm, issuer, audience, jwksUri }: GuardSetup): ServiceOptions {
  const ownKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
  const record = {
    name: 'issuer',
    issuer,
    keys: { jwksUri },
    tokenType: 'JWT',
    algorithms: [algorithm],
  } as const;
  return {
    service: audience,
    keys: { privateKeys: [ownKey] },
    trust: [{ ...record, scopes: [REQUIRED_SCOPE] }],
    logger: { info: ignore, warn: ignore, error: ignore },
  };
}

function ignore(): void {
  // Nobody reads it.
}
