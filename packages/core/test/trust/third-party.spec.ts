import { createTrustStore } from '../../src/trust/trust-store.js';
import { readTrustRecord } from '../../src/trust/trust-record.js';

const keys = { jwksUri: 'https://idp.example/jwks' };
const base = { name: 'idp', issuer: 'https://idp.example/', keys };
const introspection = { clientId: 'census', clientAuthentication: 'private_key_jwt' };

function read(changes: Readonly<Record<string, unknown>>) {
  return readTrustRecord({ ...base, ...changes }, 'trust[0]', false);
}

describe('the trust record of an identity provider', () => {
  it('needs no more than its provider', () => {
    expect(read({ claims: 'keycloak' })).toMatchObject({
      algorithms: ['RS256'],
      tokenType: 'jwt',
      tokenTypes: ['jwt', 'at+jwt'],
      bodyBinding: 'off',
      actsFor: 'anySubject',
      maxLifetimeSeconds: 3600,
    });
  });

  it.each(['rfc9068', 'keycloak', 'auth0', 'okta', { preset: 'rfc9068', roles: 'groups' }])(
    'finds its keys by its metadata where `claims` names the provider, and `keys` says nothing else: %j',
    (claims) => {
      expect(read({ claims, keys: undefined })).toMatchObject({
        keys: { discovery: true },
        hasMetadata: true,
      });
      expect(read({ claims })).toMatchObject({ keys, hasMetadata: false });
    },
  );

  it('by RFC 9068 has tokens of the type at+jwt, and of no other, signed by RS256', () => {
    expect(read({ claims: 'rfc9068', keys: undefined })).toMatchObject({
      tokenTypes: ['at+jwt'],
      algorithms: ['RS256'],
      maxLifetimeSeconds: 3600,
      claims: { client: ['client_id'], optional: [] },
    });
  });

  it('needs no keys of an issuer that is asked about every token, whoever the provider is', () => {
    expect(read({ claims: 'rfc9068', keys: undefined, introspection }).keys).toBeUndefined();
  });

  it('may insist on one type of token', () => {
    expect(read({ claims: 'auth0', tokenType: 'at+jwt' }).tokenTypes).toEqual(['at+jwt']);
  });

  it('may have tokens that live a day', () => {
    expect(read({ claims: 'auth0', maxLifetimeSeconds: 86_400 }).maxLifetimeSeconds).toBe(86_400);
  });

  it('needs no keys where it is asked about every token', () => {
    expect(read({ keys: undefined, introspection })).toMatchObject({
      keys: undefined,
      tokenType: 'at+jwt',
      introspection: { cacheSeconds: 10, timeoutMs: 5000, endpoint: undefined },
    });
  });

  it.each<[string, Readonly<Record<string, unknown>>, string]>([
    ['a mapping without a type', { claims: { roles: 'groups' } }, 'trust[0].claims is not for svc+jwt'],
    [
      'a preset for a service',
      { claims: 'okta', tokenType: 'svc+jwt' },
      'trust[0].claims is not for svc+jwt',
    ],
    ['an audience for a service', { audience: 'census' }, 'trust[0].audience is not for svc+jwt'],
    ['clients of a service', { clients: ['a'] }, 'trust[0].clients is not for svc+jwt'],
    [
      'a subject for a service',
      { subject: 'https://x.example/{sub}/' },
      'trust[0].subject is not for svc+jwt',
    ],
    ['an unknown preset', { claims: { preset: 'okata' } }, 'trust[0].claims.preset must be one of rfc9068'],
    [
      'roles of a client elsewhere',
      { claims: { preset: 'okta', rolesOfClient: 'a' } },
      'is only for keycloak',
    ],
    [
      'a path of nothing',
      { claims: { preset: 'okta', roles: [[]] } },
      'trust[0].claims.roles must be the name',
    ],
    [
      'a flat path',
      { claims: { preset: 'okta', roles: ['a', 'b'] } },
      'trust[0].claims.roles must be the name',
    ],
    ['no path', { claims: { preset: 'okta', scopes: [] } }, 'trust[0].claims.scopes must be the name'],
    ['equal in a list', { claims: { preset: 'okta', equal: [] } }, 'trust[0].claims.equal must be an object'],
    [
      'equal to a number',
      { claims: { preset: 'okta', equal: { ver: 1 } } },
      'trust[0].claims.equal.ver must be',
    ],
    ['an optional exp', { claims: { preset: 'okta', optional: ['exp'] } }, 'may hold only sub, iat, jti'],
    ['no clients', { claims: 'okta', clients: [] }, 'trust[0].clients must name at least one client'],
    ['Cognito without clients', { claims: 'cognito' }, 'trust[0].clients must name the clients'],
    [
      'clients that no token names',
      { tokenType: 'JWT', algorithms: ['RS256'], clients: ['a'] },
      'trust[0].clients needs tokens that name their client',
    ],
    ['Entra of version 1', { claims: 'entra' }, 'trust[0].issuer must be that of version 2.0'],
    [
      'a subject without a claim',
      { claims: 'okta', subject: 'https://x.example/' },
      'trust[0].subject must be',
    ],
    ['a claim in the host', { claims: 'okta', subject: 'https://{sub}/' }, 'trust[0].subject must be'],
    [
      'a claim in half a part',
      { claims: 'okta', subject: 'https://x.example/u{sub}/' },
      'trust[0].subject must be',
    ],
    ['two claims', { claims: 'okta', subject: 'https://x.example/{a}/{b}/' }, 'trust[0].subject must be'],
    [
      'a claim in the query',
      { claims: 'okta', subject: 'https://x.example/?a={b}' },
      'trust[0].subject must be',
    ],
    [
      'a subject with dots',
      { claims: 'okta', subject: 'https://x.example/../{b}' },
      'trust[0].subject must be',
    ],
    ['an unknown use of DPoP', { claims: 'okta', dpop: 'optional' }, 'trust[0].dpop must be one of required'],
    [
      'a life of two days',
      { claims: 'okta', maxLifetimeSeconds: 172_800 },
      'must be a number from 1 to 86400',
    ],
    [
      'no keys, and claims that name no provider',
      { claims: { client: 'azp' }, tokenType: 'at+jwt', algorithms: ['RS256'], keys: undefined },
      'trust[0].keys must hold exactly one of',
    ],
    [
      'no keys, and an issuer whose metadata cannot be looked up',
      { claims: 'okta', keys: undefined, issuer: 'okta' },
      'trust[0].issuer must be an absolute https URI',
    ],
    [
      'no keys, and metadata without TLS',
      { claims: 'rfc9068', keys: undefined, issuer: 'http://idp.example/' },
      'trust[0].issuer must be https',
    ],
    [
      'RFC 9068 for a service',
      { claims: 'rfc9068', tokenType: 'svc+jwt' },
      'trust[0].claims is not for svc+jwt',
    ],
    [
      'a service that is asked',
      { introspection, tokenType: 'svc+jwt' },
      'trust[0].introspection is not for svc+jwt',
    ],
    [
      'an endpoint without TLS',
      { claims: 'okta', introspection: { ...introspection, endpoint: 'http://idp.example/' } },
      'trust[0].introspection.endpoint must be https',
    ],
    [
      'answers that hold too long',
      { claims: 'okta', introspection: { ...introspection, cacheSeconds: 61 } },
      'trust[0].introspection.cacheSeconds must be a number from 0 to 60',
    ],
    [
      'a client without its secret',
      { claims: 'okta', introspection: { clientId: 'a', clientAuthentication: 'client_secret_basic' } },
      'trust[0].introspection.clientSecret is needed',
    ],
    [
      'a misspelt member',
      { claims: 'okta', introspection: { ...introspection, cache: 1 } },
      'is not an option',
    ],
  ])('is refused with %s', (_what, changes, problem) => {
    expect(() => read(changes)).toThrow(TypeError);
    expect(() => read(changes)).toThrow(problem);
  });

  it('is the only one that is asked about opaque tokens, which do not say whose they are', () => {
    const record = { ...base, claims: 'okta', introspection } as const;
    const other = {
      ...record,
      name: 'other',
      issuer: 'https://o.example/',
      keys: { jwksUri: 'https://o.example/' },
    };
    expect(() => createTrustStore({ trust: [record, other] as never })).toThrow(
      'trust[1].introspection is already used by trust[0]',
    );
  });
});
