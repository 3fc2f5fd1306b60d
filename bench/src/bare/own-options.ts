import { type ServiceOptions } from '@countersign/core/http';
import { type GuardSetup } from '../guards/guard.js';
import { newEcKey } from '../tokens/signing-key.js';
import { REQUIRED_SCOPE } from './required-scope.js';

/** The options of Countersign, the same for every adapter. Logging is off, as in all rows. */
export function ownOptions({ algorithm, issuer, audience, jwksUri }: GuardSetup): ServiceOptions {
  const ownKey = newEcKey().export({ format: 'jwk' });
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
