import { createFixedClock } from '../../src/clock.js';
import { createVerifier, type Verifier } from '../../src/inbound/verifier.js';
import { type TrustRecord } from '../../src/trust/trust-record.js';
import { type Authentication } from '../../src/principal.js';
import { NOW, sha256 } from './forge.js';
import { arrive, issuerOf, outboundCall } from './service.js';
import { createSigningKey, type SigningKey } from './signing-key.js';

/**
 * A delegation as it arrives at census: storefront called the gateway for a user, which called herald, which calls census.
 * The tokens are signed by jose, so that anything can be forged; a change is made to one of them, and hashes follow.
 */

export const CENSUS = issuerOf('census');
export const USER = `${CENSUS}user/21/`;
export const USERS = [`${CENSUS}user/`];
export const STRANGER = await createSigningKey();
export const KEYS = {
  storefront: await createSigningKey(),
  gateway: await createSigningKey(),
  herald: await createSigningKey(),
};

export type ChainService = keyof typeof KEYS;
export type ChainRecords = Readonly<Record<ChainService, TrustRecord>>;

function recordOf(name: ChainService, changes: Partial<TrustRecord>): TrustRecord {
  const jwks = { keys: [KEYS[name].publicJwk] };
  return { name, issuer: issuerOf(name), keys: { jwks }, scopes: ['user:read', 'user:write'], ...changes };
}

/** How census trusts them: herald if it proves what it says, storefront to name users, and both others as evidence only. */
const RECORDS: ChainRecords = {
  herald: recordOf('herald', { actsFor: 'proven' }),
  gateway: recordOf('gateway', { proofOnly: true }),
  storefront: recordOf('storefront', { proofOnly: true, actsFor: USERS }),
};

/** What is different, in one of the tokens, in the header, or at census. */
export interface ChainChange extends Readonly<Partial<Record<ChainService, TokenChange>>> {
  /** Replaces `Delegation-Proof: <gateway's token>, <storefront's token>`: names and values by turns. */
  readonly header?: (proofs: readonly string[]) => readonly string[];
  readonly trust?: Partial<Record<ChainService, Partial<TrustRecord>>>;
  /** Records that census does not have. */
  readonly without?: ChainService;
  readonly secondsLater?: number;
}

export interface TokenChange {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly signedBy?: SigningKey;
  /** Changes the finished token, before the next one names it. */
  readonly compact?: (token: string) => string;
  /** Changes it on the way, after the next one named it. */
  readonly onTheWay?: (token: string) => string;
}

/** Signs a token of the chain. */
export function signLink(
  name: ChainService,
  audience: string,
  claims: object,
  change: TokenChange = {},
): Promise<string> {
  const { header = {}, signedBy = KEYS[name], compact = (token: string) => token } = change;
  const common = { iss: issuerOf(name), aud: audience, sub: USER, iat: NOW, exp: NOW + 60, txn: 'txn-1' };
  const all = {
    ...common,
    jti: crypto.randomUUID(),
    scope: 'user:read user:write',
    ...claims,
    ...change.claims,
  };
  return signedBy.token(all, { kid: KEYS[name].kid, ...header }).then(compact);
}

/** The token that herald presents, and the tokens that prove it, newest first. */
export async function signChain(
  change: ChainChange = {},
): Promise<{ token: string; proofs: readonly string[] }> {
  const { storefront, gateway, herald } = change;
  const first = await signLink('storefront', issuerOf('gateway'), { act: actors('storefront') }, storefront);
  const act = actors('gateway', 'storefront');
  const second = await signLink('gateway', issuerOf('herald'), { ath: sha256(first), act }, gateway);
  const newest = { ath: sha256(second), act: actors('herald', 'gateway', 'storefront') };
  const token = await signLink('herald', CENSUS, newest, herald);
  return { token, proofs: [gateway?.onTheWay?.(second) ?? second, storefront?.onTheWay?.(first) ?? first] };
}

/** The `act` claim of services, newest first. */
export function actors(...names: readonly string[]): object | undefined {
  return names.reduceRight<object | undefined>(
    (act, name) => ({ sub: issuerOf(name), ...(act && { act }) }),
    undefined,
  );
}

export function createCensus(change: ChainChange = {}): Verifier {
  const clock = createFixedClock(NOW + (change.secondsLater ?? 0));
  const names = (['herald', 'gateway', 'storefront'] as const).filter((name) => name !== change.without);
  const trust = names.map((name) => ({ ...RECORDS[name], ...change.trust?.[name] }));
  return createVerifier({ service: CENSUS, trust, clock });
}

/** What census makes of the chain after one change. */
export async function presentChain(change: ChainChange = {}): Promise<Authentication> {
  const { token, proofs } = await signChain(change);
  const rawHeaders = change.header?.(proofs) ?? ['Delegation-Proof', proofs.join(', ')];
  const names = rawHeaders.filter((_, index) => index % 2 === 0);
  const headers = names.map((name, index) => ({ name, value: rawHeaders[index * 2 + 1] ?? '' }));
  const call = outboundCall('https://census.example/user/21/');
  return arrive(createCensus(change), call, [
    { name: 'Authorization', value: `Bearer ${token}` },
    ...headers,
  ]);
}
