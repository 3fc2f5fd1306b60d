import { normalTokenType, readTrustRecord, type TrustRecord } from '../../src/trust/trust-record.js';
import { createSigningKey } from '../support/signing-key.js';

const key = await createSigningKey();

/** The trust file that the documentation shows, as it is written there. */
const EXAMPLE = JSON.parse(`[{ "name": "herald", "issuer": "https://herald.service/",
  "keys": { "jwksUri": "http://127.0.0.1:4002/.well-known/jwks.json" },
  "algorithms": ["ES256"], "tokenType": "svc+jwt",
  "scopes": ["user:read"], "actsFor": ["https://census.service/user/"] }]`) as readonly TrustRecord[];

const minimal: TrustRecord = {
  name: 'herald',
  issuer: 'https://herald.service/',
  keys: { jwksUri: 'https://herald.service/.well-known/jwks.json' },
};

function read(changes: Readonly<Record<string, unknown>> = {}, allowInsecureHttp = false) {
  return readTrustRecord({ ...minimal, ...changes }, 'trust[1]', allowInsecureHttp);
}

describe('a trust record', () => {
  it('is accepted as the documentation writes it', () => {
    expect(readTrustRecord(EXAMPLE[0], 'trust[0]', false)).toMatchObject({
      name: 'herald',
      issuer: 'https://herald.service/',
      keys: { jwksUri: 'http://127.0.0.1:4002/.well-known/jwks.json' },
      algorithms: ['ES256'],
      tokenType: 'svc+jwt',
      scopes: new Set(['user:read']),
      actsFor: ['https://census.service/user/'],
    });
  });

  it('of a service needs a name, an issuer and keys; everything else has a strict default', () => {
    expect(read()).toEqual({
      ...minimal,
      algorithms: ['ES256'],
      tokenType: 'svc+jwt',
      proofOnly: false,
      scopes: new Set(),
      actsFor: 'nobody',
      maxLifetimeSeconds: 300,
      clockToleranceSeconds: 30,
      claims: expect.objectContaining({ scopes: [['scope']], roles: [['roles']] }),
      tokenTypes: ['svc+jwt'],
      dpop: 'accepted',
      announcesDpop: false,
      hasMetadata: false,
      bodyBinding: 'required',
      acceptMd5BodyHash: false,
      acceptTokensWithoutMethodAndPath: false,
      sharesSubjectsWith: [],
    });
  });

  it('of another issuer must say which algorithms it uses, and is not bound to bodies', () => {
    expect(() => read({ tokenType: 'at+jwt' })).toThrow(
      'trust[1].algorithms must name at least one algorithm',
    );
    expect(read({ tokenType: 'at+jwt', algorithms: ['RS256'] })).toMatchObject({
      bodyBinding: 'off',
      maxLifetimeSeconds: 3600,
      actsFor: 'anySubject',
    });
  });

  it('limits roles only where it names them: an empty list lets none through', () => {
    expect(read().roles).toBeUndefined();
    expect(read({ roles: [] }).roles).toEqual(new Set());
    expect(read({ roles: ['admin', 'night shift'] }).roles).toEqual(new Set(['admin', 'night shift']));
  });

  it('keeps what it was given when somebody changes the original', () => {
    const jwks = { keys: [{ ...key.publicJwk }] };
    const record = read({ keys: { jwks } });
    jwks.keys.pop();
    expect(record.keys).toEqual({ jwks: { keys: [key.publicJwk] } });
  });

  it.each([
    [{ jwksUri: 'https://herald.service/jwks.json' }],
    [{ jwksUri: 'http://localhost:4002/jwks.json' }],
    [{ jwksUri: 'http://[::1]:4002/jwks.json' }],
    [{ jwks: { keys: [key.publicJwk] } }],
    [{ jwksFile: 'keys/herald.jwks.json' }],
  ])('takes its keys from %j', (keys) => {
    expect(read({ keys }).keys).toEqual(keys);
  });

  it('takes keys over http from another machine only by a switch that is named for the danger', () => {
    const keys = { jwksUri: 'http://herald:4002/jwks.json' };
    expect(() => read({ keys })).toThrow('trust[1].keys.jwksUri must be https (http is for loopback only)');
    expect(read({ keys }, true).keys).toEqual(keys);
  });

  it('knows Ed25519 as EdDSA', () => {
    expect(read({ algorithms: ['Ed25519'] }).algorithms).toEqual(['EdDSA']);
  });

  it('takes limits up to the last allowed value', () => {
    expect(read({ clockToleranceSeconds: 300, maxLifetimeSeconds: 3600 })).toMatchObject({
      clockToleranceSeconds: 300,
      maxLifetimeSeconds: 3600,
    });
    expect(read({ clockToleranceSeconds: 0, maxLifetimeSeconds: 1 })).toMatchObject({
      clockToleranceSeconds: 0,
      maxLifetimeSeconds: 1,
    });
  });
});

const uri = 'https://herald.service/jwks.json';

describe('a trust record is refused, by the path of what is wrong, when it has', () => {
  it.each([
    ['a misspelt member', { scope: ['a'] }, 'trust[1].scope is not an option; the options are name, issuer,'],
    [
      'a member called __proto__',
      JSON.parse('{"__proto__":{"scopes":["admin"]}}'),
      'trust[1].__proto__ is not',
    ],
    ['a single-issuer option', { jwksUri: uri }, 'trust[1].jwksUri is not an option'],
    ['no name', { name: undefined }, 'trust[1].name must be a non-empty string'],
    ['a name with a space', { name: 'her ald' }, 'trust[1].name must be letters'],
    ['a name with a line break', { name: 'herald\n' }, 'trust[1].name must be letters'],
    ['a name of 65 letters', { name: 'h'.repeat(65) }, 'trust[1].name must be letters'],
    ['no issuer', { issuer: undefined }, 'trust[1].issuer must be a non-empty string'],
    ['an empty issuer', { issuer: '' }, 'trust[1].issuer must be a non-empty string'],
    ['two issuers', { issuer: ['a', 'b'] }, 'trust[1].issuer must be a non-empty string'],
    ['no keys', { keys: undefined }, 'trust[1].keys must hold exactly one of jwksUri, jwks, jwksFile'],
    ['null for keys', { keys: null }, 'trust[1].keys must be an object'],
    ['keys of no form', { keys: {} }, 'trust[1].keys must hold exactly one of jwksUri, jwks, jwksFile'],
    [
      'keys of two forms',
      { keys: { jwksUri: uri, jwksFile: 'x' } },
      'trust[1].keys must hold exactly one of',
    ],
    ['keys of an unknown form', { keys: { jwks_uri: uri } }, 'trust[1].keys.jwks_uri is not an option'],
    ['a relative jwksUri', { keys: { jwksUri: '/jwks.json' } }, 'trust[1].keys.jwksUri must be an absolute'],
    [
      'a jwksUri that is a URL object',
      { keys: { jwksUri: new URL(uri) } },
      'trust[1].keys.jwksUri must be an absolute',
    ],
    ['plain http', { keys: { jwksUri: 'http://herald.service/' } }, 'trust[1].keys.jwksUri must be https'],
    [
      'plain http to a name that only looks local',
      { keys: { jwksUri: 'http://localhost.attacker.test/' } },
      'trust[1].keys.jwksUri must be https',
    ],
    [
      'plain http to a private network',
      { keys: { jwksUri: 'http://10.0.0.1/' } },
      'trust[1].keys.jwksUri must be https',
    ],
    ['a file: URI', { keys: { jwksUri: 'file:///etc/passwd' } }, 'trust[1].keys.jwksUri must be https'],
    [
      'credentials in the jwksUri',
      { keys: { jwksUri: 'https://user:secret@herald.service/' } },
      'trust[1].keys.jwksUri must not hold credentials',
    ],
    [
      'a user name in the jwksUri',
      { keys: { jwksUri: 'https://user@herald.service/' } },
      'trust[1].keys.jwksUri must not hold credentials',
    ],
    [
      'a fragment in the jwksUri',
      { keys: { jwksUri: `${uri}#key` } },
      'trust[1].keys.jwksUri must not hold a fragment',
    ],
    ['a jwks that is no set', { keys: { jwks: [key.publicJwk] } }, 'trust[1].keys.jwks must be a JWK set'],
    [
      'a jwks of things that are no keys',
      { keys: { jwks: { keys: [null] } } },
      'trust[1].keys.jwks must be a JWK set',
    ],
    ['an empty jwksFile', { keys: { jwksFile: '' } }, 'trust[1].keys.jwksFile must be a non-empty string'],
    ['no algorithm', { algorithms: [] }, 'trust[1].algorithms must name at least one algorithm'],
    [
      'algorithms in a string',
      { algorithms: 'ES256' },
      'trust[1].algorithms must be an array of non-empty strings',
    ],
    ['HS256', { algorithms: ['ES256', 'HS256'] }, 'trust[1].algorithms[1] must be one of RS256, '],
    ['none', { algorithms: ['none'] }, 'trust[1].algorithms[0] must be one of RS256, '],
    ['es256 in small letters', { algorithms: ['es256'] }, 'trust[1].algorithms[0] must be one of RS256, '],
    ['an empty tokenType', { tokenType: '' }, 'trust[1].tokenType must be a non-empty string'],
    ['two scopes in one string', { scopes: ['a', 'b c'] }, 'trust[1].scopes[1] is not one scope'],
    ['a scope with a quote', { scopes: ['a"'] }, 'trust[1].scopes[0] is not one scope'],
    ['scopes in one string', { scopes: 'a b' }, 'trust[1].scopes must be an array of non-empty strings'],
    ['roles in one string', { roles: 'admin' }, 'trust[1].roles must be an array of non-empty strings'],
    ['a role without a name', { roles: ['a', ''] }, 'trust[1].roles must be an array of non-empty strings'],
    ['null for roles', { roles: null }, 'trust[1].roles must be an array of non-empty strings'],
    ['actsFor in a string', { actsFor: 'https://census.service/user/' }, 'trust[1].actsFor must be an array'],
    ['actsFor anybody', { actsFor: 'anySubject' }, 'trust[1].actsFor must be an array'],
    ['an empty actsFor', { actsFor: [] }, 'trust[1].actsFor must be "nobody", "proven" or a list'],
    [
      'a prefix that ends in no slash',
      { actsFor: ['https://census.service/user'] },
      'trust[1].actsFor[0] must be a normalised URI',
    ],
    [
      'a prefix that is not normalised',
      { actsFor: ['https://census.service/x/../'] },
      'trust[1].actsFor[0] must be a normalised URI',
    ],
    ['a prefix that is no URI', { actsFor: ['/user/'] }, 'trust[1].actsFor[0] must be a normalised URI'],
    [
      'a lifetime above an hour',
      { maxLifetimeSeconds: 3601 },
      'trust[1].maxLifetimeSeconds must be a number from 1 to 3600',
    ],
    ['a lifetime of 0', { maxLifetimeSeconds: 0 }, 'trust[1].maxLifetimeSeconds must be a number'],
    [
      'a lifetime that never ends',
      { maxLifetimeSeconds: Infinity },
      'trust[1].maxLifetimeSeconds must be a number',
    ],
    [
      'a tolerance above five minutes',
      { clockToleranceSeconds: 301 },
      'trust[1].clockToleranceSeconds must be a number from 0 to 300',
    ],
    [
      'a negative tolerance',
      { clockToleranceSeconds: -1 },
      'trust[1].clockToleranceSeconds must be a number',
    ],
    [
      'a tolerance that is NaN',
      { clockToleranceSeconds: NaN },
      'trust[1].clockToleranceSeconds must be a number',
    ],
    ['a duration string', { maxLifetimeSeconds: '5m' }, 'trust[1].maxLifetimeSeconds must be a number'],
    ['null for a number', { clockToleranceSeconds: null }, 'trust[1].clockToleranceSeconds must be a number'],
    ['claim names for a service', { claims: { roles: 'groups' } }, 'trust[1].claims is not for svc+jwt'],
    [
      'an unknown bodyBinding',
      { bodyBinding: 'optional' },
      'trust[1].bodyBinding must be one of required, off',
    ],
    ['MD5 by a word', { acceptMd5BodyHash: 'yes' }, 'trust[1].acceptMd5BodyHash must be true or false'],
  ])('%s', (_what, changes: Record<string, unknown>, problem) => {
    expect(() => read(changes)).toThrow(TypeError);
    expect(() => read(changes)).toThrow(problem);
  });

  it.each([null, undefined, 'herald', [minimal]])('no members at all: %j', (value) => {
    expect(() => readTrustRecord(value, 'trust[0]', false)).toThrow('trust[0] must be an object');
  });

  it.each([
    ['a misspelt claim', { role: 'groups' }, 'trust[1].claims.role is not an option'],
    [
      'an optional exp',
      { optional: ['exp'] },
      'trust[1].claims.optional may hold only sub, iat, jti, client_id and aud',
    ],
    ['an empty claim name', { scopes: '' }, 'trust[1].claims.scopes must be a non-empty string'],
    [
      'a preset that does not exist',
      'keyclok',
      'trust[1].claims must be an object, or one of rfc9068, keycloak, auth0',
    ],
  ])('claim names with %s', (_what, claims, problem) => {
    expect(() => read({ tokenType: 'at+jwt', algorithms: ['RS256'], claims })).toThrow(problem);
  });
});

it.each([
  ['svc+jwt', 'svc+jwt'],
  ['SVC+JWT', 'svc+jwt'],
  ['application/svc+jwt', 'svc+jwt'],
  ['Application/Svc+JWT', 'svc+jwt'],
  ['text/svc+jwt', 'text/svc+jwt'],
])('the media type %s is compared as %s', (typ, normal) => {
  expect(normalTokenType(typ)).toBe(normal);
});
