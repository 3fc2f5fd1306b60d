import {
  createAuthorizer,
  type AuthorizedCall,
  type Authorizer,
  type AuthorizerOptions,
} from '../../src/outbound/authorizer.js';
import { type DestinationRecord } from '../../src/outbound/destination.js';
import { type OutboundCall } from '../../src/outbound/token-source.js';
import { createVerifier, type Verifier } from '../../src/inbound/verifier.js';
import { createKeyStore } from '../../src/key-store/create-key-store.js';
import { type KeyStore } from '../../src/signing-keys/key-store.js';
import { type TrustRecord } from '../../src/trust/trust-record.js';
import { type Clock } from '../../src/clock.js';
import { type Authentication } from '../../src/principal.js';
import { sha256 } from './forge.js';
import { createSigningKey, type SigningKey } from './signing-key.js';
import { authenticated } from './scene.js';

/** A service without its network: a real verifier, a real authorizer, a key of its own. */
export interface TestService {
  readonly issuer: string;
  readonly key: SigningKey;
  readonly keyStore: KeyStore;
  readonly verifier: Verifier;
  readonly authorizer: Authorizer;
  /** How another service trusts this one. */
  trustRecord(changes?: Partial<TrustRecord>): TrustRecord;
}

export interface TestServiceOptions {
  /** `herald` is `https://herald.service/`. */
  readonly name: string;
  readonly trust: readonly TrustRecord[];
  readonly destinations?: readonly DestinationRecord[];
  readonly clock: Clock;
  readonly authorizer?: Partial<AuthorizerOptions>;
}

export async function createTestService(options: TestServiceOptions): Promise<TestService> {
  const { name, trust, destinations = [], clock } = options;
  const issuer = issuerOf(name);
  const key = await createSigningKey();
  const keyStore = await createKeyStore({ privateKeys: [key.privateJwk] });
  return {
    issuer,
    key,
    keyStore,
    verifier: createVerifier({ service: issuer, trust, clock }),
    authorizer: createAuthorizer({ service: issuer, destinations, keyStore, clock, ...options.authorizer }),
    trustRecord: (changes = {}) => ({
      name,
      issuer,
      keys: { jwks: { keys: [key.publicJwk] } },
      scopes: ['user:read', 'user:write'],
      ...changes,
    }),
  };
}

export function issuerOf(name: string): string {
  return `https://${name}.service/`;
}

/** What a call looks like before it leaves. */
export function outboundCall(url: string, method = 'GET', body?: string): OutboundCall {
  return { url: new URL(url), method, body: body === undefined ? undefined : Buffer.from(body) };
}

/** The request at the called service. */
export function arrive(
  verifier: Verifier,
  call: OutboundCall,
  headers: AuthorizedCall['headers'],
): Promise<Authentication> {
  const { url, method, body = new Uint8Array() } = call;
  return authenticated(verifier, {
    method,
    url: url.pathname + url.search,
    rawHeaders: headers.flatMap(({ name, value }) => [name, value]),
    body: () => Promise.resolve({ sha256: sha256(body), md5: undefined }),
  });
}
