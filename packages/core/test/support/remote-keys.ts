import { createFixedClock, type Clock, type FixedClock } from '../../src/clock.js';
import { type IssuerKeys } from '../../src/jwks/issuer-keys.js';
import { type JwksOptions } from '../../src/jwks/jwks-options.js';
import { type VerificationKey } from '../../src/jwks/key-set.js';
import { createTrustStore } from '../../src/trust/trust-store.js';
import { json, startKeyServer, type KeyServer } from './key-server.js';

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

/** Herald's key server, as the tests of one file use it. */
export interface UsedKeyServer {
  readonly server: KeyServer;
  readonly clock: FixedClock;
  readonly warnings: string[];
  /** Herald's keys as a trust store keeps them. */
  readonly remote: (options?: JwksOptions, jwksUri?: string) => IssuerKeys;
  /** Changes the set that is served. */
  readonly publish: (...jwks: readonly object[]) => void;
}

/** Starts a key server with `jwk` for each test, and stops it afterwards. */
export function useKeyServer(jwk: object, take: (used: UsedKeyServer) => void): void {
  let server: KeyServer;
  beforeEach(async () => {
    server = await startKeyServer(json({ keys: [jwk] }));
    const started = server;
    const clock = createFixedClock();
    const warnings: string[] = [];
    take({
      server,
      clock,
      warnings,
      remote: (options = {}, jwksUri = started.jwksUri) =>
        remoteKeysOf({ jwksUri, clock, warnings }, options),
      publish: (...jwks) => started.answer(json({ keys: jwks })),
    });
  });
  afterEach(() => server.close());
}

/** The key of that `kid`, by a promise: also where it is known at once, or known to be missing. */
export async function findKey(
  keys: IssuerKeys,
  keyId: string | undefined,
): Promise<VerificationKey | undefined> {
  return keys.find(keyId);
}
