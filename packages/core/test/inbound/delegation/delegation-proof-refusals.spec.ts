import { CountersignError } from '../../../src/errors.js';
import { NOW, sha256 } from '../../support/forge.js';
import { faultOf } from '../../support/scene.js';
import { issuerOf } from '../../support/service.js';
import {
  actors,
  CENSUS,
  presentChain,
  STRANGER,
  USER,
  USERS,
  type ChainChange,
} from '../../support/proof-chain.js';

const HERALD = issuerOf('herald');

/** The fault by which census refuses the chain after one change; the unchanged one is accepted. */
async function refusal(change: ChainChange): Promise<CountersignError> {
  expect((await presentChain()).principal.subject).toBe(USER);
  return faultOf(presentChain(change));
}

/** Another character in the middle of the signature. */
const tampered = (token: string): string => {
  const at = token.length - 20;
  return token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
};
const header = (change: (proofs: readonly string[]) => readonly (string | undefined)[]): ChainChange => ({
  header: (proofs) => ['Delegation-Proof', change(proofs).join()],
});
const storefront = (claims: object): ChainChange => ({ storefront: { claims: { ...claims } } });
const gateway = (claims: object): ChainChange => ({ gateway: { claims: { ...claims } } });
const herald = (claims: object): ChainChange => ({ herald: { claims: { ...claims } } });

type Row = readonly [string, ChainChange, string];

/** A proof is refused for its first fault: each row names the words for the operator, to show that it is this one. */
const HEADER: readonly Row[] = [
  ['is missing', { header: () => [] }, 'the header Delegation-Proof is missing'],
  ['is empty', header(() => []), 'ath is not the hash of the proof'],
  [
    'comes in two headers',
    { header: ([a, b]) => ['Delegation-Proof', a!, 'delegation-proof', b!] },
    'must be sent once',
  ],
  ['has four tokens', header(([a, b]) => [a, b, b, b]), 'hold 3 tokens at most'],
  ['is in the wrong order', header(([a, b]) => [b, a]), 'ath is not'],
  ['ends with a comma', header(([a, b]) => [a, b, '']), 'must end with the first issuer'],
  ['lacks its last token', header(([a]) => [a]), 'must end with the first issuer'],
  ['lacks its first token', header(([, b]) => [b]), 'ath is not'],
  ['has one more token behind the one that names the user', header(([a, b]) => [a, b, b]), 'must end with'],
  ['stands in another header', { header: ([a, b]) => ['X-Delegation-Proof', `${a!},${b!}`] }, 'is missing'],
];

const SIGNATURES: readonly Row[] = [
  ['is not named by ath', herald({ ath: undefined }), 'ath is not'],
  ['is named by a wrong ath', herald({ ath: sha256('another') }), 'ath is not'],
  ['is named by an ath that is no string', herald({ ath: [sha256('another')] }), 'ath is not'],
  ['does not name its own proof', gateway({ ath: undefined }), 'ath is not'],
  ['names its own proof wrongly', gateway({ ath: sha256('another') }), 'ath is not'],
  ['was changed on the way', { gateway: { onTheWay: tampered } }, 'ath is not'],
  ['begins with a token that was changed on the way', { storefront: { onTheWay: tampered } }, 'ath is not'],
  ['was changed before it was named', { gateway: { compact: tampered } }, 'not good: signature_invalid'],
  [
    'begins with a token that was changed',
    { storefront: { compact: tampered } },
    'not good: signature_invalid',
  ],
  ['is signed by another key', { gateway: { signedBy: STRANGER } }, 'not good: signature_invalid'],
  ['begins with another key', { storefront: { signedBy: STRANGER } }, 'not good: signature_invalid'],
  [
    'names a key that is not published',
    { gateway: { header: { kid: STRANGER.kid } } },
    'not good: key_unknown',
  ],
  [
    'names a key that was withdrawn',
    { trust: { storefront: { keys: { jwks: { keys: [STRANGER.publicJwk] } } } } },
    'key_unknown',
  ],
  [
    'brings its own key',
    { gateway: { header: { jwk: STRANGER.publicJwk } } },
    'not good: header_not_allowed',
  ],
  ['is of another type', { gateway: { header: { typ: 'JWT' } } }, 'not good: token_type_not_allowed'],
  ['is no token', { gateway: { compact: () => 'no-token' } }, 'not good: token_malformed'],
  ['is larger than a token may be', gateway({ padding: 'x'.repeat(9000) }), 'not good: token_too_large'],
];

const ISSUERS: readonly Row[] = [
  ['is for another subject', gateway({ sub: `${CENSUS}user/42/` }), 'for another subject'],
  ['begins with another subject', storefront({ sub: `${CENSUS}user/42/` }), 'for another subject'],
  ['is for a subject in another case', gateway({ sub: USER.toUpperCase() }), 'for another subject'],
  ['is for another service', gateway({ aud: issuerOf('ledger') }), 'not good: audience_mismatch'],
  ['is for census instead of who presents it', gateway({ aud: CENSUS }), 'not good: audience_mismatch'],
  [
    'begins with a token for another service',
    storefront({ aud: issuerOf('herald') }),
    'not good: audience_mismatch',
  ],
  ['is by an issuer that is not trusted', { without: 'gateway' }, 'not good: issuer_untrusted'],
  ['begins with an issuer that is not trusted', { without: 'storefront' }, 'not good: issuer_untrusted'],
  ['reaches nobody who may name users', { trust: { storefront: { actsFor: 'nobody' } } }, 'must end with'],
  [
    'reaches one who may name others',
    { trust: { storefront: { actsFor: [`${CENSUS}staff/`] } } },
    'must end with',
  ],
  ['reaches one who must prove it too', { trust: { storefront: { actsFor: 'proven' } } }, 'must end with'],
  ['goes on behind one who may name users', { trust: { gateway: { actsFor: USERS } } }, 'must end with'],
];

const CLAIMS: readonly Row[] = [
  ['has expired', gateway({ iat: NOW - 100, exp: NOW - 30 }), 'not good: token_expired'],
  [
    'begins with a token that has expired',
    storefront({ iat: NOW - 100, exp: NOW - 30 }),
    'not good: token_expired',
  ],
  ['is not valid yet', gateway({ nbf: NOW + 31 }), 'not good: token_not_yet_valid'],
  ['lives too long', gateway({ exp: NOW + 301 }), 'not good: lifetime_too_long'],
  ['has no identifier', gateway({ jti: undefined }), 'not good: claim_missing'],
  ['expires before what it proves', herald({ exp: NOW + 61 }), 'outlives its proof'],
  ['begins with a token that expires before the next', storefront({ exp: NOW + 59 }), 'outlives its proof'],
  ['lacks a scope of what it proves', gateway({ scope: 'user:read' }), 'a scope that its proof has not'],
  ['has no scopes', gateway({ scope: undefined }), 'a scope that its proof has not'],
  [
    'begins without a scope of the next',
    storefront({ scope: 'user:write' }),
    'a scope that its proof has not',
  ],
  ['lacks a role of what it proves', herald({ roles: ['admin'] }), 'a role that its proof has not'],
  ['begins without a role of the next', gateway({ roles: ['admin'] }), 'a role that its proof has not'],
  ['is of another transaction', gateway({ txn: 'txn-2' }), 'txn was changed'],
  ['is of a transaction that is not named any more', herald({ txn: undefined }), 'txn was changed'],
  ['begins in another transaction', storefront({ txn: 'txn-2' }), 'txn was changed'],
  ['has an actor that was left out', herald({ act: actors('herald', 'storefront') }), 'act does not follow'],
  ['has actors that were left out', herald({ act: actors('herald') }), 'act does not follow'],
  ['has actors, and what it proves has no act', herald({ act: undefined }), 'act does not follow'],
  ['has other actors', gateway({ act: actors('gateway', 'ledger') }), 'act does not follow'],
  ['has too few actors itself', gateway({ act: actors('gateway') }), 'act does not follow'],
  [
    'says that somebody else acted',
    gateway({ act: actors('ledger', 'storefront') }),
    'not good: claim_invalid',
  ],
  ['says badly who may act', gateway({ may_act: 'herald' }), 'not good: claim_invalid'],
  ['begins with one that does', storefront({ may_act: { sub: 1 } }), 'not good: claim_invalid'],
  ['says that nothing acted', gateway({ act: 'gateway' }), 'not good: claim_invalid'],
];

describe('a proof of a delegation is refused when it', () => {
  it.each([...HEADER, ...SIGNATURES, ...ISSUERS, ...CLAIMS])('%s', async (_name, change, words) => {
    const { code, kind, message } = await refusal(change);
    expect([code, kind]).toEqual(['delegation_unproven', 'forbidden']);
    expect(message).toContain(words);
  });
});

describe('a token with a proof is refused when', () => {
  it('its caller may speak for other users only: the proof does not help', async () => {
    const { code } = await refusal({ trust: { herald: { actsFor: [`${CENSUS}staff/`] } } });
    expect(code).toBe('delegation_not_allowed');
  });

  it('its caller may speak for nobody', async () => {
    expect((await refusal({ trust: { herald: { actsFor: 'nobody' } } })).code).toBe('delegation_not_allowed');
  });

  it.each([
    ['another service', gateway({ may_act: { sub: issuerOf('ledger') } })],
    ['the service that presents it almost', gateway({ may_act: { sub: HERALD.slice(0, -1) } })],
    ["another issuer's client of that name", gateway({ may_act: { sub: HERALD, iss: issuerOf('ledger') } })],
    ['the service that is called', gateway({ may_act: { sub: CENSUS } })],
    ['who signed it', gateway({ may_act: { sub: issuerOf('gateway') } })],
    ['the user', gateway({ may_act: { sub: USER } })],
    ['at the beginning of the chain, one that came later', storefront({ may_act: { sub: HERALD } })],
  ])('its proof lets somebody else act for the user: %s', async (_who, change) => {
    const { code, kind } = await refusal(change);
    expect([code, kind]).toEqual(['delegation_not_allowed', 'forbidden']);
  });

  it('more than three actors stand behind it', async () => {
    const act = actors('herald', 'gateway', 'storefront', 'kiosk');
    expect((await refusal(herald({ act }))).code).toBe('actor_chain_too_deep');
  });
});
