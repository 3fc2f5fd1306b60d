import { type FaultCode } from '../../src/errors.js';
import { type Claims } from '../../src/token.js';
import { NOW, SERVICE, USER } from '../support/forge.js';
import {
  AUTH0,
  COGNITO,
  ENTRA,
  KEYCLOAK,
  OKTA,
  RFC9068,
  settingFor,
  type ProviderToken,
} from '../support/provider-tokens.js';
import { accepted, codeOf, createScene, refused, type Change } from '../support/scene.js';

type Refusal = readonly [what: string, change: Change, code: FaultCode];

function changed(what: string, claims: Claims, code: FaultCode): Refusal {
  return [what, { claims }, code];
}

/** What no issuer's token may lack, whatever the preset. */
const EVERYWHERE: readonly Refusal[] = [
  changed('that never expires', { exp: undefined }, 'claim_missing'),
  changed('that expired', { exp: NOW - 100, iat: NOW - 200, nbf: undefined }, 'token_expired'),
  changed('without the time of its issue', { iat: undefined }, 'claim_missing'),
  changed('without a user', { sub: undefined }, 'claim_missing'),
  changed('of another issuer', { iss: 'https://evil.example/' }, 'issuer_untrusted'),
  changed('that is an ID token', { at_hash: 'fPlsvVszI29LU2UhDyJ9vg' }, 'claim_invalid'),
  ['that is a service token', { header: { typ: 'svc+jwt' } }, 'token_type_not_allowed'],
  ['with an empty type', { header: { typ: '' } }, 'token_type_not_allowed'],
  ['with half a type', { header: { typ: 'application/' } }, 'token_type_not_allowed'],
];

function describeProvider(name: string, token: ProviderToken, refusals: readonly Refusal[]): void {
  describe(`a token of ${name}`, () => {
    it.each([...EVERYWHERE, ...refusals])('%s is refused', async (_what, change, code) => {
      expect(await refused(change, settingFor(token))).toBe(code);
    });

    it('gets the scopes that the trust record names, and no others', async () => {
      const { principal } = await accepted({}, settingFor(token));
      expect([...principal.scopes].every((scope) => /(^|\/)user:read$/.test(scope))).toBe(true);
    });
  });
}

describeProvider('RFC 9068', RFC9068, [
  ['that does not say what it is', { header: { typ: undefined } }, 'token_type_not_allowed'],
  ['that is any JWT', { header: { typ: 'JWT' } }, 'token_type_not_allowed'],
  changed('for another service', { aud: 'https://herald.service/' }, 'audience_mismatch'),
  changed('without an audience', { aud: undefined }, 'audience_mismatch'),
  changed('without an id', { jti: undefined }, 'claim_missing'),
  changed('that names no client', { client_id: undefined }, 'claim_missing'),
  changed('that names its client elsewhere', { client_id: undefined, azp: 's6BhdRkqt3' }, 'claim_missing'),
  changed('whose roles are no list', { roles: 'support' }, 'claim_invalid'),
  changed('that lives longer than an hour', { exp: NOW + 3601 }, 'lifetime_too_long'),
]);

describeProvider('Keycloak', KEYCLOAK, [
  changed('for another client', { aud: ['account'] }, 'audience_mismatch'),
  changed('without an audience', { aud: undefined }, 'audience_mismatch'),
  changed('without an id', { jti: undefined }, 'claim_missing'),
  changed('that names no client', { azp: undefined }, 'claim_missing'),
  changed('that is its ID token', { typ: 'ID' }, 'claim_invalid'),
  changed('that it calls a DPoP token, and that is bound to no key', { typ: 'DPoP' }, 'token_not_bound'),
  changed('that is its refresh token', { typ: 'Refresh' }, 'claim_invalid'),
  changed('that does not say what it is', { typ: undefined }, 'claim_missing'),
  changed('whose roles are no list', { realm_access: { roles: 'support' } }, 'claim_invalid'),
  changed('whose roles stand elsewhere', { realm_access: ['support'] }, 'claim_invalid'),
]);

describeProvider('Auth0', AUTH0, [
  changed('for another API', { aud: 'https://herald.service/' }, 'audience_mismatch'),
  changed('that names no client', { azp: undefined }, 'claim_missing'),
  changed('that names two clients', { client_id: 'another' }, 'claim_invalid'),
  changed('whose permissions are no list', { permissions: 'support' }, 'claim_invalid'),
  changed('that lives longer than the record says', { exp: NOW + 86_401 }, 'lifetime_too_long'),
]);

describeProvider('Entra', ENTRA, [
  changed('for another application', { aud: '00000003-0000-0000-c000-000000000000' }, 'audience_mismatch'),
  changed('of version 1', { ver: '1.0' }, 'claim_invalid'),
  changed('that names no client', { azp: undefined }, 'claim_missing'),
  changed('of another tenant', { iss: 'https://login.microsoftonline.com/other/v2.0' }, 'issuer_untrusted'),
  changed('whose user has no object id', { oid: undefined }, 'claim_invalid'),
  changed('whose roles are no list', { roles: 'support' }, 'claim_invalid'),
  changed('that lives longer than 95 minutes', { exp: NOW + 5401 }, 'lifetime_too_long'),
]);

describeProvider('Cognito', COGNITO, [
  changed('that is its ID token', { token_use: 'id' }, 'claim_invalid'),
  changed('that does not say what it is', { token_use: undefined }, 'claim_missing'),
  changed('of another client', { client_id: 'another' }, 'client_not_allowed'),
  changed('that names no client', { client_id: undefined }, 'claim_missing'),
  changed('for another service, where it says so', { aud: 'https://herald.service/' }, 'audience_mismatch'),
  changed('without an id', { jti: undefined }, 'claim_missing'),
  changed('whose groups are no list', { 'cognito:groups': 'support' }, 'claim_invalid'),
]);

describeProvider('Okta', OKTA, [
  changed('for another API', { aud: 'https://shop.okta.example' }, 'audience_mismatch'),
  changed('that names no client', { cid: undefined }, 'claim_missing'),
  changed('without an id', { jti: undefined }, 'claim_missing'),
  changed('whose scopes are numbers', { scp: [1] }, 'claim_invalid'),
  changed('whose user has no id', { uid: undefined }, 'claim_invalid'),
]);

describe('what a principal gets from a token', () => {
  it.each([
    ['RFC 9068', RFC9068, '5ba552d67', 's6BhdRkqt3'],
    ['Keycloak', KEYCLOAK, 'https://census.service/user/36fa0f91-f94d-4a0c-afed-6b7d952e47da/', 'storefront'],
    ['Auth0', AUTH0, 'auth0|6553da60a54af58e29493993', 'K1AUPhZq8mRi0Q0pjhkfu1D7y6KjDQja'],
    [
      'Entra',
      ENTRA,
      'https://census.service/user/690222be-ff1a-4d56-abd1-7e4f7d38e474/',
      '2c1f0f7a-7d0f-4cf4-b1a2-1f3f6a4f9b10',
    ],
    ['Cognito', COGNITO, 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee', '6sd0c5example7kf2'],
    ['Okta', OKTA, 'https://census.service/user/00ujmkLgagxeRrAg20g3/', '0oabv6kx4qq6h1U5l0h7'],
  ])('of %s: the user, the client, scopes and roles', async (_name, token, subject, client) => {
    const { principal } = await accepted({}, settingFor(token));
    expect(principal).toMatchObject({ subject, client, subjectKind: 'user', actors: [] });
    expect(principal.caller.name).toBe('idp');
    expect([...principal.scopes].join()).toMatch(/^(census\/)?user:read$/);
    expect(principal.roles.has('support')).toBe(true);
  });

  it('of Keycloak: roles of the realm, and of the one client that the record names', async () => {
    const { principal } = await accepted({}, settingFor(KEYCLOAK));
    expect([...principal.roles].sort()).toEqual([
      'auditor',
      'offline_access',
      'support',
      'uma_authorization',
    ]);
    const realm = settingFor({ ...KEYCLOAK, trust: { ...KEYCLOAK.trust, claims: 'keycloak' } });
    expect((await accepted({}, realm)).principal.roles.has('auditor')).toBe(false);
  });

  it.each<[string, ProviderToken, Claims]>([
    ['RFC 9068', RFC9068, { sub: 's6BhdRkqt3' }],
    ['Keycloak', KEYCLOAK, { client_id: 'storefront' }],
    ['Auth0', AUTH0, { sub: 'K1AUPhZq8mRi0Q0pjhkfu1D7y6KjDQja@clients', gty: 'client-credentials' }],
    ['Entra', ENTRA, { scp: undefined }],
    ['Cognito', COGNITO, { sub: '6sd0c5example7kf2', username: undefined }],
    ['Okta', OKTA, { sub: '0oabv6kx4qq6h1U5l0h7', uid: undefined }],
  ])('of %s: a client that speaks for itself is no user', async (_name, token, claims) => {
    const { principal } = await accepted({ claims }, settingFor(token));
    expect(principal.subjectKind).toBe('service');
    expect(principal.subject).not.toMatch(/^https:/);
  });

  it('of Auth0 in its RFC 9068 profile: the same', async () => {
    const claims = {
      azp: undefined,
      client_id: 'K1AUPhZq8mRi0Q0pjhkfu1D7y6KjDQja',
      jti: '73WakrfVbNJBaAmhQtEeDv',
    };
    const { principal } = await accepted({ header: { typ: 'at+jwt' }, claims }, settingFor(AUTH0));
    expect(principal).toMatchObject({ client: claims.client_id, tokenId: claims.jti });
  });
});

describe('the clients that a record lists', () => {
  it('are the only ones', async () => {
    const trust = { ...OKTA.trust, clients: ['0oabv6kx4qq6h1U5l0h7'] };
    expect(await refused({ claims: { cid: '0oaother' } }, settingFor({ ...OKTA, trust }))).toBe(
      'client_not_allowed',
    );
  });
});

describe('the URI of a user', () => {
  it('holds the identifier as one part of its path', async () => {
    const claims = { sub: 'a/../b?c#d|e' };
    const { principal } = await accepted({ claims }, settingFor(KEYCLOAK));
    expect(principal.subject).toBe('https://census.service/user/a%2F..%2Fb%3Fc%23d%7Ce/');
  });

  it.each(['.', '..', 'x'.repeat(256), '\ud800'])('is not made of %j', async (sub) => {
    expect(await refused({ claims: { sub } }, settingFor(KEYCLOAK))).toBe('claim_invalid');
  });

  it('is no name that a client may bear', async () => {
    const trust = { tokenType: 'at+jwt', subject: 'https://census.service/user/{sub}/' };
    const token = { header: { typ: 'at+jwt' }, claims: { sub: 'client-1', client_id: 'client-1' } };
    const itself = { claims: { sub: USER, client_id: USER } };
    expect(await refused(itself, { trust, token })).toBe('delegation_not_allowed');
  });

  it('may be checked against actsFor as any other', async () => {
    const trust = { ...KEYCLOAK.trust, actsFor: ['https://elsewhere.service/'] };
    const scene = createScene(settingFor({ ...KEYCLOAK, trust }));
    expect(await codeOf(scene.accepted())).toBe('delegation_not_allowed');
  });
});

describe('an access token by RFC 9068', () => {
  const setting = {
    trust: { tokenType: 'at+jwt', name: 'idp' },
    token: { header: { typ: 'at+jwt' }, claims: { sub: 'user-1', client_id: 'web', roles: ['support'] } },
  };

  it.each(['at+jwt', 'application/at+jwt', 'at+JWT'])('is of the type %s', async (typ) => {
    const { principal } = await accepted({ header: { typ } }, setting);
    expect(principal).toMatchObject({ subject: 'user-1', client: 'web', subjectKind: 'user' });
  });

  it.each(['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'])('has %s', async (name) => {
    const codes: Record<string, FaultCode> = { iss: 'issuer_untrusted', aud: 'audience_mismatch' };
    expect(await refused({ claims: { [name]: undefined } }, setting)).toBe(codes[name] ?? 'claim_missing');
  });

  it.each([undefined, 'JWT', 'jwt', 'svc+jwt', 'dpop+jwt'])('is of no other type: %s', async (typ) => {
    expect(await refused({ header: { typ } }, setting)).toBe('token_type_not_allowed');
  });

  it.each([1, '', ['web'], 'x'.repeat(257)])(
    'names its client by a short text, not %j',
    async (client_id) => {
      expect(await refused({ claims: { client_id } }, setting)).toBe('claim_invalid');
    },
  );
});

describe('a mapping that a record writes itself', () => {
  const setting = {
    trust: {
      tokenType: 'JWT',
      name: 'idp',
      claims: {
        scopes: [['access', 'can']],
        roles: [['access', 'is'], ['https://shop.example/roles']],
        client: 'appid',
        equal: { use: ['api', 'app'] },
        optional: ['jti'],
      },
    },
    token: {
      header: { typ: 'JWT' },
      claims: {
        sub: 'user-1',
        appid: 'web',
        use: 'api',
        access: { can: ['user:read'], is: ['support'] },
        'https://shop.example/roles': ['auditor'],
        scope: 'user:write',
        roles: ['admin'],
      },
    },
  };

  it('says where everything is, and nothing else counts', async () => {
    const { principal } = await accepted({ claims: { jti: undefined } }, setting);
    expect([...principal.scopes]).toEqual(['user:read']);
    expect([...principal.roles]).toEqual(['support', 'auditor']);
    expect(principal.client).toBe('web');
  });

  it.each<[string, Claims, FaultCode]>([
    ['another use', { use: 'id' }, 'claim_invalid'],
    ['no use', { use: undefined }, 'claim_missing'],
    ['a use in a list', { use: ['api'] }, 'claim_invalid'],
    ['no client', { appid: undefined }, 'claim_missing'],
    ['a text where a path leads through', { access: 'user:read' }, 'claim_invalid'],
    ['a list where a path leads through', { access: [] }, 'claim_invalid'],
    ['another audience', { aud: `${SERVICE}x` }, 'audience_mismatch'],
  ])('refuses a token with %s', async (_what, claims, code) => {
    expect(await refused({ claims }, setting)).toBe(code);
  });

  it('finds nothing that every object has', async () => {
    const trust = {
      ...setting.trust,
      claims: {
        roles: [
          ['constructor', 'name'],
          ['__proto__', 'toString'],
        ],
      },
    };
    const { principal } = await accepted({}, { ...setting, trust });
    expect(principal.roles.size).toBe(0);
  });
});
