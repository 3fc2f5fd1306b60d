import { bodyHash } from '../../src/body-hash.js';
import { createFixedClock, type FixedClock } from '../../src/clock.js';
import { type InboundRequest } from '../../src/inbound/authenticate.js';
import { createVerifier, type Verifier } from '../../src/inbound/verifier.js';
import { emptyBody } from '../../src/inbound/wire-body.js';
import { createKeyStore } from '../../src/key-store/create-key-store.js';
import { type KeyStore, type Signer } from '../../src/signing-keys/key-store.js';
import { type TrustRecord } from '../../src/trust/trust-record.js';
import { type AuthorizedCall, createAuthorizer, type Authorizer } from '../../src/outbound/authorizer.js';
import { type DestinationRecord } from '../../src/outbound/destination.js';
import { signToken } from '../../src/signing-keys/sign-token.js';
import { type OutboundCall } from '../../src/outbound/token-source.js';
import { type Authentication } from '../../src/principal.js';
import { type Claims } from '../../src/token.js';
import { privateKeyFor } from './signing-key.js';
import { authenticated } from './scene.js';

/** What a FixedClock shows when a test begins. */
export const NOW = 1_767_225_600;
export const GATEWAY = 'https://gateway.service/';
export const IDP = 'https://idp.test/';
export const HERALD = 'https://herald.service/';
export const CENSUS = 'https://census.service/';
export const USER = 'https://census.service/user/21/';
export const CENSUS_URL = 'http://127.0.0.1:4001/';

/** A record of a source that needs no authorization server and no credential. */
type PlainRecord = Extract<DestinationRecord, { readonly authorize: 'mint' | 'propagate' | 'none' }>;

/** Herald calls census for a user: what a test may declare otherwise. */
export const TO_CENSUS: PlainRecord = {
  name: 'census',
  url: CENSUS_URL,
  audience: CENSUS,
  onBehalfOf: 'user',
  authorize: 'mint',
  scopes: ['user:read', 'user:write'],
};

/** What differs from the destination census. */
type Change = Partial<PlainRecord>;

/** A chain of calls, all real: the gateway (or an identity provider) calls herald, and herald calls census. */
export interface CallChain {
  readonly clock: FixedClock;
  readonly keyStore: KeyStore;
  /** How often herald's key has signed. */
  signatures(): number;
  /** Herald was called by the gateway; `claims` are laid over those of a token for user 21. */
  called(claims?: Readonly<Record<string, unknown>>): Promise<Authentication>;
  /** Herald was called with an identity provider's token. */
  calledWithUserToken(claims?: Readonly<Record<string, unknown>>): Promise<Authentication>;
  /** Herald's authorizer. */
  authorizer(...destinations: readonly Change[]): Authorizer;
  /** Census, which trusts herald and the identity provider. */
  readonly census: Verifier;
}

export async function createCallChain(): Promise<CallChain> {
  const clock = createFixedClock(NOW);
  const [gateway, idp, own] = await Promise.all(
    [0, 1, 2].map(() => createKeyStore({ privateKeys: [privateKeyFor('ES256').export({ format: 'jwk' })] })),
  );
  const counted = counting(own!);
  const record = (name: string, issuer: string, store: KeyStore): TrustRecord => ({
    name,
    issuer,
    keys: { jwks: store.publicKeys() },
    scopes: ['user:read', 'user:write', 'notification:send'],
    actsFor: [`${CENSUS}user/`],
    maxLifetimeSeconds: 3600,
  });
  const fromIdp: TrustRecord = { ...record('idp', IDP, idp!), tokenType: 'at+jwt', algorithms: ['ES256'] };
  const verifier = (service: string, ...trust: readonly TrustRecord[]): Verifier =>
    createVerifier({ service, trust, clock });
  const herald = verifier(HERALD, record('gateway', GATEWAY, gateway!), fromIdp);
  const base = (iss: string): Record<string, unknown> => ({
    ...{ iss, aud: HERALD, sub: USER, iat: clock.now(), exp: clock.now() + 3600, jti: 'jti-1' },
    ...{ scope: 'user:read notification:send', roles: ['support'], txn: 'txn-1' },
  });
  const calledWith = async (typ: string, store: KeyStore, claims: Readonly<Record<string, unknown>>) =>
    authenticated(herald, requestWith(await signToken(claims, typ, store.signer())));
  return {
    clock,
    keyStore: counted.keyStore,
    signatures: counted.signatures,
    called: (claims = {}) => calledWith('svc+jwt', gateway!, { ...base(GATEWAY), ...claims }),
    calledWithUserToken: (claims = {}) =>
      calledWith('at+jwt', idp!, { ...base(IDP), client_id: 'web', ...claims }),
    authorizer: (...destinations) =>
      createAuthorizer({
        service: HERALD,
        destinations: (destinations.length === 0 ? [{}] : destinations).map((each) => ({
          ...TO_CENSUS,
          ...each,
        })),
        keyStore: counted.keyStore,
        clock,
      }),
    census: verifier(CENSUS, { ...record('herald', HERALD, own!), maxLifetimeSeconds: 300 }, fromIdp),
  };
}

/** A call to census that only reads. */
export function read(path = 'user/42/'): OutboundCall {
  return { url: new URL(path, CENSUS_URL), method: 'GET', body: undefined };
}

/** A call to census that changes something; with `null` it has no body. */
export function write(body: string | null = '{"name":"Ada"}', path = 'user/42/'): OutboundCall {
  return {
    url: new URL(path, CENSUS_URL),
    method: 'PATCH',
    body: body === null ? undefined : Buffer.from(body),
  };
}

/** The call as census gets it. */
export function arriving(call: OutboundCall, { headers }: AuthorizedCall): InboundRequest {
  const hashed = { sha256: bodyHash(call.body ?? new Uint8Array()), md5: undefined };
  return {
    method: call.method,
    url: call.url.pathname + call.url.search,
    rawHeaders: headers.flatMap(({ name, value }) => [name, value]),
    body: () => Promise.resolve(hashed),
  };
}

/** The header and the claims of an issued token, without any check. */
export function partsOf({ issued }: AuthorizedCall): { readonly header: unknown; readonly claims: Claims } {
  const [header, claims] = (issued?.token ?? '').split('.', 2).map((part) => {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    return value;
  });
  return { header, claims: claims as Claims };
}

function requestWith(token: string): InboundRequest {
  return {
    method: 'GET',
    url: '/',
    rawHeaders: ['Authorization', `Bearer ${token}`],
    body: () => emptyBody({ hashMd5: false }).hashes(),
  };
}

/** The same key store, which counts what it signs. */
function counting(keyStore: KeyStore): { readonly keyStore: KeyStore; signatures(): number } {
  let signatures = 0;
  const signer: Signer = {
    ...keyStore.signer(),
    sign(input) {
      signatures++;
      return keyStore.signer().sign(input);
    },
  };
  return {
    keyStore: { signer: () => signer, publicKeys: () => keyStore.publicKeys() },
    signatures: () => signatures,
  };
}
