import { type Clock } from '../../src/clock.js';
import { type IssuerKeys } from '../../src/jwks/issuer-keys.js';
import { type JwksOptions } from '../../src/jwks/jwks-options.js';
import { type VerificationKey } from '../../src/jwks/key-set.js';
import { createTrustStore } from '../../src/trust/trust-store.js';

export const ISSUER = 'https://herald.service/';

/** Where herald's keys are, and what the trust store that fetches them is told and tells. */
export interface RemoteKeysScene {
  readonly jwksUri: string;
  readonly clock: Clock;
  readonly warnings: string[];
}

/** Herald's keys as a trust store keeps them. */
export function remoteKeysOf(scene: RemoteKeysScene, options: JwksOptions = {}): IssuerKeys {
  const { jwksUri, clock, warnings } = scene;
  return createTrustStore({
    trust: [{ name: 'herald', issuer: ISSUER, keys: { jwksUri } }],
    jwks: { timeoutMs: 2000, ...options },
    clock,
    onWarning: (message) => warnings.push(message),
  }).trusted(ISSUER).keys;
}

/** The key of that `kid`, by a promise: also where it is known at once, or known to be missing. */
export async function findKey(
  keys: IssuerKeys,
  keyId: string | undefined,
): Promise<VerificationKey | undefined> {
  return keys.find(keyId);
}
