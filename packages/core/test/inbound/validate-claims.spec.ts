import { createFixedClock } from '../../src/clock.js';
import { ISSUER, NOW, trustedKey } from '../support/forge.js';
import { authenticated, accepted, createScene, refused, type Setting } from '../support/scene.js';

/** An identity provider: another token type, its own claims. */
const IDP: Setting = {
  trust: { tokenType: 'at+jwt', algorithms: ['ES256'], claims: { optional: ['sub', 'iat', 'jti'] } },
  token: { header: { typ: 'at+jwt' }, claims: { sub: 'user-21', client_id: 'web' } },
};

function claims(changes: Readonly<Record<string, unknown>>, setting?: Setting) {
  return refused({ claims: changes }, setting);
}

describe('the type of a token', () => {
  it.each([
    undefined,
    'JWT',
    'jwt',
    'at+jwt',
    'dpop+jwt',
    'client-authentication+jwt',
    'svc',
    'svc+jwts',
    '',
    'application/',
    'x/svc+jwt',
  ])('must be svc+jwt: %j is that of another token', async (typ) => {
    expect(await refused({ header: { typ } })).toBe('token_type_not_allowed');
  });

  it.each(['svc+jwt', 'SVC+JWT', 'Svc+Jwt', 'application/svc+jwt', 'APPLICATION/SVC+JWT'])(
    'is compared as media types are: %s',
    async (typ) => {
      await expect(accepted({ header: { typ } })).resolves.toBeDefined();
    },
  );

  it('keeps a service token from passing as that of an identity provider', async () => {
    expect(await refused({ header: { typ: 'svc+jwt' } }, IDP)).toBe('token_type_not_allowed');
  });
});

describe('the claims of a service token', () => {
  it.each(['exp', 'iat', 'sub', 'jti'])('must hold %s', async (name) => {
    expect(await claims({ [name]: undefined })).toBe('claim_missing');
  });

  it.each([
    ['sub', 1],
    ['sub', null],
    ['sub', ''],
    ['sub', [ISSUER]],
    ['sub', { uri: ISSUER }],
    ['sub', true],
    ['jti', 1],
    ['jti', null],
    ['jti', ''],
    ['jti', ['a']],
    ['jti', 'j'.repeat(257)],
    ['jti', 'j'.repeat(5000)],
    ['scope', ['user:read']],
    ['scope', 1],
    ['scope', null],
    ['scope', { 'user:read': true }],
    ['scope', 'user:read\tuser:write'],
    ['scope', 'user:read\n'],
    ['scope', 'user:réad'],
    ['scope', 'user:read\u0000'],
    ['scope', 'user:read\u00a0user:write'],
    ['roles', 'admin'],
    ['roles', [1]],
    ['roles', ['admin', null]],
    ['roles', null],
    ['roles', { admin: true }],
    ['txn', 1],
    ['txn', ''],
    ['txn', 'a b'],
    ['txn', 'a\nb'],
    ['txn', 't'.repeat(129)],
    ['txn', null],
    ['may_act', null],
    ['may_act', 'https://census.service/'],
    ['may_act', [{ sub: 'https://census.service/' }]],
    ['may_act', {}],
    ['may_act', { iss: 'https://census.service/' }],
    ['may_act', { sub: 1 }],
    ['may_act', { sub: '' }],
    ['may_act', { sub: 'https://census.service/', iss: null }],
  ] as const)('cannot hold a %s like %j', async (name, value) => {
    expect(await claims({ [name]: value })).toBe('claim_invalid');
  });

  it.each([
    ['jti', 'j'.repeat(256)],
    ['scope', ''],
    ['scope', undefined],
    ['roles', []],
    ['roles', undefined],
    ['txn', 't'.repeat(128)],
    ['aud', ['https://census.service/']],
    ['may_act', { sub: 'https://census.service/' }],
    ['may_act', { sub: 'https://elsewhere.service/' }],
    ['may_act', { sub: 'admin', iss: 'https://elsewhere.service/', email: 'admin@elsewhere.service' }],
  ])('may hold a %s like %j', async (name, value) => {
    await expect(accepted({ claims: { [name]: value } })).resolves.toBeDefined();
  });

  it.each(['user:read  user:write', ' user:read user:write ', 'user:read user:read user:write'])(
    'name scopes as a set, however they are spaced: %j',
    async (scope) => {
      const { principal } = await accepted({ claims: { scope } });
      expect([...principal.scopes].sort()).toEqual(['user:read', 'user:write']);
    },
  );

  it('name scopes in scope and nowhere else', async () => {
    const { principal } = await accepted({
      claims: { scope: 'user:read', scp: 'user:write', scopes: 'user:write' },
    });
    expect([...principal.scopes]).toEqual(['user:read']);
  });

  it('are carried under their names, and the transaction goes on', async () => {
    const { principal } = await accepted({ claims: { txn: 'txn-7', roles: ['support'], jti: 'token-7' } });
    expect(principal).toMatchObject({
      subject: ISSUER,
      subjectKind: 'service',
      tokenId: 'token-7',
      transactionId: 'txn-7',
      expiresAt: NOW + 60,
    });
    expect([...principal.roles]).toEqual(['support']);
  });

  it('get a transaction id of their own where they name none', async () => {
    const ids = [await accepted(), await accepted()].map(({ principal }) => principal.transactionId);
    expect(ids[0]).toMatch(/^[\w-]{20}$/);
    expect(ids[0]).not.toBe(ids[1]);
  });
});

describe('the time of a token', () => {
  it('is over 30 seconds after exp, to the second', async () => {
    expect(await claims({ iat: NOW - 60, exp: NOW - 31 })).toBe('token_expired');
    expect(await claims({ iat: NOW - 60, exp: NOW - 30 })).toBe('token_expired');
    await expect(accepted({ claims: { iat: NOW - 60, exp: NOW - 29 } })).resolves.toBeDefined();
  });

  it('is over at exp itself where no clock may be off', async () => {
    const setting = { trust: { clockToleranceSeconds: 0 } };
    expect(await claims({ iat: NOW - 60, exp: NOW }, setting)).toBe('token_expired');
    await expect(accepted({ claims: { iat: NOW - 60, exp: NOW + 1 } }, setting)).resolves.toBeDefined();
    await expect(accepted({ claims: { iat: NOW - 60, exp: NOW + 0.5 } }, setting)).resolves.toBeDefined();
  });

  it('passes while the service runs', async () => {
    expect(await refused({ secondsLater: 89 + 1 })).toBe('token_expired');
    const scene = createScene();
    scene.clock.advance(89);
    await expect(scene.accepted()).resolves.toBeDefined();
  });

  it('has come at nbf, give or take 30 seconds', async () => {
    expect(await claims({ nbf: NOW + 31 })).toBe('token_not_yet_valid');
    await expect(accepted({ claims: { nbf: NOW + 30 } })).resolves.toBeDefined();
  });

  it('of issue lies at most 30 seconds ahead', async () => {
    expect(await claims({ iat: NOW + 31, exp: NOW + 60 })).toBe('token_issued_in_future');
    await expect(accepted({ claims: { iat: NOW + 30 } })).resolves.toBeDefined();
  });

  it.each([
    ['exp', String(NOW + 60)],
    ['exp', -1],
    ['exp', null],
    ['exp', true],
    ['exp', [NOW + 60]],
    ['exp', {}],
    ['iat', String(NOW)],
    ['iat', -1],
    ['iat', null],
    ['nbf', String(NOW)],
    ['nbf', -1],
    ['nbf', null],
    ['nbf', ''],
  ] as const)('is a number of seconds: %s cannot be %j', async (name, value) => {
    expect(await claims({ [name]: value })).toBe('claim_invalid');
  });

  it.each(['1e400', '-1e400', '-0.5'])('is a number that can be: exp cannot be %s', async (number) => {
    const kept = JSON.stringify({
      iss: ISSUER,
      aud: 'https://census.service/',
      sub: ISSUER,
      iat: NOW,
      jti: '1',
    });
    expect(await refused({ rawClaims: kept.replace('}', `,"exp":${number}}`) })).toBe('claim_invalid');
  });

  it('to live cannot be given in milliseconds', async () => {
    expect(await claims({ exp: (NOW + 60) * 1000 })).toBe('lifetime_too_long');
    expect(await claims({ exp: (NOW + 60) * 1000, iat: NOW * 1000 })).toBe('lifetime_too_long');
  });

  it('to live is 300 seconds at most, to the second', async () => {
    expect(await claims({ exp: NOW + 301 })).toBe('lifetime_too_long');
    await expect(accepted({ claims: { exp: NOW + 300 } })).resolves.toBeDefined();
  });

  it('to live can be cut by the trust record', async () => {
    const setting = { trust: { maxLifetimeSeconds: 60 } };
    expect(await claims({ exp: NOW + 61 }, setting)).toBe('lifetime_too_long');
  });

  it('to live counts from now where a third party leaves iat out', async () => {
    const token = { ...IDP.token, claims: { ...IDP.token?.claims, iat: undefined } };
    expect(await claims({ exp: NOW + 3601 }, { ...IDP, token })).toBe('lifetime_too_long');
    await expect(accepted({ claims: { exp: NOW + 3600 } }, { ...IDP, token })).resolves.toBeDefined();
  });

  it('ends after it begins', async () => {
    expect(await claims({ iat: NOW, exp: NOW })).toBe('claim_invalid');
    expect(await claims({ iat: NOW + 5, exp: NOW + 4 })).toBe('claim_invalid');
    expect(await claims({ nbf: NOW + 61 })).toBe('claim_invalid');
    await expect(accepted({ claims: { nbf: NOW, exp: NOW + 1 } })).resolves.toBeDefined();
  });

  it('is not confused by a clock that is set back an hour', async () => {
    const clock = createFixedClock();
    const scene = createScene({ verifier: { clock } });
    const request = scene.request();
    await expect(authenticated(scene.verifier, request)).resolves.toBeDefined();
    clock.set(NOW - 3600);
    await expect(authenticated(scene.verifier, request)).rejects.toMatchObject({
      code: 'token_issued_in_future',
    });
    clock.set(NOW);
    await expect(authenticated(scene.verifier, request)).resolves.toBeDefined();
  });
});

describe('the claims of a third party', () => {
  it('are required too, unless the trust record names them', async () => {
    const setting = { ...IDP, trust: { ...IDP.trust, claims: {} } };
    for (const name of ['sub', 'iat', 'jti', 'exp']) {
      expect(await claims({ [name]: undefined }, setting)).toBe('claim_missing');
    }
    for (const name of ['sub', 'iat', 'jti']) {
      await expect(accepted({ claims: { [name]: undefined } }, IDP)).resolves.toBeDefined();
    }
    expect(await claims({ exp: undefined }, IDP)).toBe('claim_missing');
  });

  it('may leave out the subject: then there is no user', async () => {
    for (const claims of [{ sub: undefined }, { sub: undefined, client_id: 'client-1' }]) {
      const { principal } = await accepted({ claims }, IDP);
      expect(principal).toMatchObject({ subject: undefined, subjectKind: 'service' });
    }
  });

  it('name a user, or a client that speaks for itself', async () => {
    expect((await accepted({}, IDP)).principal.subjectKind).toBe('user');
    const itself = { sub: 'client-1', client_id: 'client-1' };
    expect((await accepted({ claims: itself }, IDP)).principal.subjectKind).toBe('service');
    const forUser = { sub: 'user-1', client_id: 'client-1' };
    expect((await accepted({ claims: forUser }, IDP)).principal.subjectKind).toBe('user');
  });

  it('may name scopes in a list, and under another name: only that one counts', async () => {
    const list = await accepted({ claims: { scope: ['user:read'] } }, IDP);
    expect([...list.principal.scopes]).toEqual(['user:read']);
    const setting = { ...IDP, trust: { ...IDP.trust, claims: { scopes: 'scp', roles: 'groups' } } };
    const both = { scp: 'user:read', scope: 'user:write', groups: ['support'], roles: ['admin'] };
    const { principal } = await accepted({ claims: both }, setting);
    expect([...principal.scopes]).toEqual(['user:read']);
    expect([...principal.roles]).toEqual(['support']);
  });

  it('may name several services, ours among them', async () => {
    const aud = ['https://herald.service/', 'https://census.service/'];
    expect(await accepted({ claims: { aud } }, IDP)).toMatchObject({ audiences: aud });
    expect(await claims({ aud: ['https://herald.service/'] }, IDP)).toBe('audience_mismatch');
    expect(await claims({ aud: ['https://census.service/', 1] }, IDP)).toBe('audience_mismatch');
    expect(await claims({ aud: ['https://census.service/', null] }, IDP)).toBe('audience_mismatch');
  });

  it('live an hour at most', async () => {
    expect(await claims({ exp: NOW + 3601 }, IDP)).toBe('lifetime_too_long');
    await expect(accepted({ claims: { exp: NOW + 3600 } }, IDP)).resolves.toBeDefined();
  });
});

it('names a missing scope, role or claim by its name, never by what the token holds', async () => {
  const scene = createScene({ key: trustedKey('EdDSA') });
  const request = scene.request({ claims: { scope: 'se\tcret' } });
  await expect(authenticated(scene.verifier, request)).rejects.toThrow('the scope claim holds a character');
});
