import { type FixedClock } from '../../src/clock.js';
import { type TrustRecord } from '../../src/trust/trust-record.js';
import { createTrustStore, type TrustStore, type TrustStoreOptions } from '../../src/trust/trust-store.js';
import { json, startKeyServer, status, text, type KeyServer } from './key-server.js';

/** Where the metadata of an issuer without a path is (RFC 8414 section 3). */
export const METADATA = '/.well-known/oauth-authorization-server';

/** An issuer whose metadata says where its keys are. Its pages are as a test makes them; what is no page is 404. */
export interface DescribedIssuer {
  readonly origin: string;
  readonly pages: Map<string, Parameters<KeyServer['answer']>[0]>;
  /** What was asked for, in order. */
  readonly paths: string[];
  /** Puts metadata that names the issuer. Default: its keys are at `/jwks`. */
  describe(path: string, issuer: string, jwksUri?: unknown): void;
  close(): Promise<void>;
}

/** Starts one whose metadata is where RFC 8414 has it, and leads to that key. */
export async function startDescribedIssuer(jwk: object): Promise<DescribedIssuer> {
  const pages: DescribedIssuer['pages'] = new Map();
  const paths: string[] = [];
  const server = await startKeyServer((request, response) => {
    const path = request.url ?? '';
    paths.push(path);
    (pages.get(path) ?? status(404))(request, response);
  });
  const { origin } = new URL(server.jwksUri);
  const describe: DescribedIssuer['describe'] = (path, issuer, jwksUri = `${origin}/jwks`) =>
    void pages.set(path, text(JSON.stringify({ issuer, jwks_uri: jwksUri })));
  pages.set('/jwks', json({ keys: [jwk] }));
  describe(METADATA, origin);
  return { origin, pages, paths, describe, close: () => server.close() };
}

/** What a trust store is told that finds an issuer's keys by its metadata, and what it tells. */
export interface DiscoveryScene {
  readonly issuer: string;
  readonly clock: FixedClock;
  readonly warnings: string[];
}

/** A trust store that trusts that issuer, and others if there are any. */
export function discoveringStore(
  { issuer, clock, warnings }: DiscoveryScene,
  options: Partial<TrustStoreOptions> = {},
  others: readonly TrustRecord[] = [],
): TrustStore {
  return createTrustStore({
    trust: [{ name: 'herald', issuer, keys: { discovery: true } }, ...others],
    jwks: { timeoutMs: 2000 },
    clock,
    onWarning: (message) => warnings.push(message),
    ...options,
  });
}
