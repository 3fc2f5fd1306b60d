import { type TrustRecord } from '@countersign/core';

/** The identifier of the service that is called. */
export const RECEIVER = 'https://census.service/';

/** The identifier of the service that calls. */
export const CALLER = 'https://herald.service/';

/** What the receiver accepts from a caller whose keys are there. */
export function trusted(issuer: string, jwksUri: string): TrustRecord {
  return {
    name: new URL(issuer).hostname.replace('.service', ''),
    issuer,
    keys: { jwksUri },
    scopes: ['user:read', 'user:write'],
  };
}
