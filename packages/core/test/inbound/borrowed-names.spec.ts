import { type TrustRecord } from '../../src/trust/trust-record.js';
import { type Claims } from '../../src/token.js';
import { createForgeKey, NOW, SERVICE, USER } from '../support/forge.js';
import { saying, startIntrospectionServer } from '../support/introspection-server.js';
import {
  authenticated,
  accepted,
  codeOf,
  createScene,
  faultOf,
  inboundRequest,
  refused,
  type Setting,
} from '../support/scene.js';

/** Another issuer's record, with a key of its own. */
function record(name: string, changes: Partial<TrustRecord>): TrustRecord {
  const key = createForgeKey();
  return { name, issuer: `https://${name}.example/`, keys: { jwks: { keys: [key.jwk] } }, ...changes };
}

const provider = { tokenType: 'at+jwt', algorithms: ['ES256'] } as const;
const OTHERS: readonly TrustRecord[] = [
  record('gateway', { actsFor: ['https://shop.example/customer/', 'urn:example:customers/'] }),
  record('keycloak', { ...provider, subject: 'https://people.example/{sub}/profile' }),
  record('auth0', provider),
  record('zurich', { actsFor: ['https://shop.example/Z%C3%BCrich/'] }),
];

/** An identity provider that names its own users, whoever they are. */
const OPEN: Setting = {
  trust: { ...provider, name: 'idp', issuer: 'https://idp.example/', scopes: ['user:read'] },
  others: OTHERS,
  token: {
    header: { typ: 'at+jwt' },
    claims: { iss: 'https://idp.example/', sub: 'user-1', client_id: 'web' },
  },
};

const BORROWED: readonly (readonly [string, string])[] = [
  ['a user of this service', USER],
  ['this service itself', SERVICE],
  ['a user that another record may speak for', 'https://shop.example/customer/7/'],
  ['a user of another provider', 'https://people.example/21/profile'],
  ['something beside a user of another provider', 'https://people.example/21/profile/photo'],
  ['another service that is trusted', 'https://gateway.example/'],
  ['another provider that is trusted', 'https://auth0.example/'],
  ['a user that another record may speak for, by a URN', 'urn:example:customers/7'],
];

/** As other readers may read them. */
const RESPELT: readonly (readonly [string, string])[] = [
  ['capitals', 'HTTPS://Census.SERVICE/User/21/'],
  ['the default port', 'https://census.service:443/user/21/'],
  ['another scheme', 'http://census.service/user/21/'],
  ['a scheme of the web that is no page', 'wss://census.service/user/21/'],
  ['the default port of another scheme', 'ws://census.service:443/user/21/'],
  ['the default port of plain http', 'census://census.service:80/user/21/'],
  ['the scheme of files on a server', 'ftp://census.service:21/user/21/'],
  ['a scheme that nobody knows', 'x-census+1.0://Census.Service/user/21/'],
  ['a scheme that nobody knows, and credentials', 'x-census://a:b@census.service/user/21/'],
  ['a scheme that nobody knows, and a wide letter', 'x-census://ｃensus.service/user/21/'],
  ['a scheme around another', 'blob:https://census.service/user/21/'],
  ['a scheme around another, and no slashes', 'view-source:https:census.service/user/21/'],
  ['schemes around others', 'view-source:blob:ws://census.service/user/21/'],
  ['an escaped scheme', 'ftp%3A%2F%2Fcensus.service/user/21/'],
  ['an escaped scheme in another', 'blob:https%3A//census.service/user/21/'],
  ['a slash in the credentials', 'https://elsewhere.example%2F@census.service/user/21/'],
  ['credentials', 'https://a:b@census.service/user/21/'],
  ['a dot behind the host', 'https://census.service./user/21/'],
  ['no slashes', 'https:census.service/user/21/'],
  ['backslashes', 'https:\\\\census.service\\user\\21\\'],
  ['no scheme', '//census.service/user/21/'],
  ['no scheme, and the default port', '//census.service:443/user/21/'],
  ['no scheme, and credentials', '\\\\a:b@census.service/user/21/'],
  ['the host alone', 'census.service/user/21/'],
  ['escapes', 'https://census.service/%75ser/%32%31/'],
  ['escaped escapes', 'https://census.service/%2575ser/21/'],
  ['an escaped slash', 'https://census.service%2Fuser/21/'],
  ['two slashes', 'https://census.service//user/21/'],
  ['dots', 'https://census.service/x/../user/./21/'],
  ['escaped dots', 'https://census.service/x/%252e%252e/user/21/'],
  ['dots behind it', 'https://shop.example/customer/7/../../x'],
  ['escaped dots behind it', 'https://shop.example/customer/7/%2e%2e/%252e./x'],
  ['dots everywhere', 'https://shop.example/x/../customer/7/%2e%2e/%2e%2e/y'],
  ['no end', 'https://census.service'],
  ['a query', 'https://census.service?user=21'],
  ['a fragment', 'https://census.service#21'],
  ['a space in front', ' https://census.service/user/21/'],
  ['a line break inside', 'https://census.ser\nvice/user/21/'],
  ['a wide letter', 'https://ｃensus.service/user/21/'],
  ['a letter that is not escaped', 'https://shop.example/Zürich/7'],
  ['a letter that is escaped twice', 'https://shop.example/Z%25c3%25bcrich/7'],
];

describe('a provider that names its own users', () => {
  it.each(BORROWED)('does not name %s', async (_whom, sub) => {
    expect(await refused({ claims: { sub } }, OPEN)).toBe('delegation_not_allowed');
  });

  it.each(RESPELT)('does not name a user of somebody else with %s', async (_with, sub) => {
    expect(await refused({ claims: { sub } }, OPEN)).toBe('delegation_not_allowed');
  });

  it.each([
    'auth0|6553da60a54af58e29493993',
    '21',
    'alice@census.service',
    'https://idp.example/user/21/',
    'https://census.service.example/user/21/',
    'https://census.services/user/21/',
    'https://census.service:8443/user/21/',
    'https://shop.example/customers/7/',
    'ftp://census.services/user/21/',
    'blob:https://elsewhere.example/user/21/',
    'view-source:elsewhere',
    'x-census:user/21/',
    'elsewhere://user/census.service/',
    'CENSUS\\jane',
    'https://shop.example/',
    'https://gateway.example/user/1/',
    'urn:example:customers2/7',
    'https://elsewhere.example/%',
    '%',
  ])('names any other: %s', async (sub) => {
    expect((await accepted({ claims: { sub } }, OPEN)).principal).toMatchObject({ subject: sub });
  });

  it.each(['ACME\\jane', 'acme\\Jane Doe', 'ACME\\svc.web$'])(
    'names a user of a Windows domain that is called as this service is: %s',
    async (sub) => {
      const claims = { ...OPEN.token?.claims, aud: 'acme' };
      const setting = { ...OPEN, verifier: { service: 'acme' }, token: { ...OPEN.token, claims } };
      expect((await accepted({ claims: { sub } }, setting)).principal).toMatchObject({ subject: sub });
      for (const other of [
        'ACME',
        'acme/jane',
        'acme\\..',
        'acme\\.',
        'acme\\user\\jane',
        'acme%5Cjane',
        '\\acme\\jane',
      ])
        expect([other, await refused({ claims: { sub: other } }, setting)]).toEqual([
          other,
          'delegation_not_allowed',
        ]);
    },
  );

  it('is refused each time, also after a good token', async () => {
    const scene = createScene(OPEN);
    for (let time = 0; time < 3; time++) {
      await expect(scene.accepted({ claims: { jti: 'good' } })).resolves.toBeDefined();
      const bad = scene.accepted({ claims: { jti: 'bad', sub: USER } });
      expect(await codeOf(bad)).toBe('delegation_not_allowed');
    }
  });

  it('names users of this service where its record says so', async () => {
    const trust = { ...OPEN.trust, actsFor: ['https://census.service/user/'] };
    const { principal } = await accepted(
      { claims: { sub: USER } },
      { ...OPEN, trust, token: { ...OPEN.token, claims: { ...OPEN.token?.claims, sub: USER } } },
    );
    expect(principal).toMatchObject({ subject: USER, subjectKind: 'user' });
  });

  it('does not name them in opaque tokens either', async () => {
    const server = await startIntrospectionServer();
    const introspection = {
      endpoint: server.endpoint,
      clientId: 'census',
      clientAuthentication: 'client_secret_basic',
      clientSecret: 'secretOfCensus',
    } as const;
    const scene = createScene({ ...OPEN, trust: { ...OPEN.trust, introspection } });
    const claims = { client_id: 'web', aud: SERVICE, iat: NOW, exp: NOW + 60 };
    const send = (sub: string, token: string) => {
      server.answer = saying({ active: true, token_type: 'Bearer', sub, ...claims });
      return authenticated(
        scene.verifier,
        inboundRequest({ method: 'GET', url: '/', body: new Uint8Array() }, token),
      );
    };
    await expect(send('user-1', 'opaque-1')).resolves.toBeDefined();
    expect(await codeOf(send(USER, 'opaque-2'))).toBe('delegation_not_allowed');
    await server.close();
  });
});

describe('a client', () => {
  const itself = (name: string): Claims => ({ sub: name, client_id: name });

  it.each([...BORROWED, ...RESPELT])(
    'that speaks for itself does not bear the name of %s',
    async (_whom, name) => {
      expect(await refused({ claims: itself(name) }, OPEN)).toBe('delegation_not_allowed');
    },
  );

  it.each([...BORROWED, ...RESPELT])(
    'that a user sends does not bear the name of %s',
    async (_whom, name) => {
      expect(await refused({ claims: { client_id: name } }, OPEN)).toBe('delegation_not_allowed');
    },
  );

  it('does not bear the name of a user by the template of its own provider, nor of one it may name', async () => {
    for (const changes of [
      { subject: 'https://idp.example/user/{sub}/' },
      { actsFor: ['https://idp.example/user/'] },
    ]) {
      const claims = { ...OPEN.token?.claims, sub: 'https://idp.example/user/21/' };
      const setting = { ...OPEN, trust: { ...OPEN.trust, ...changes }, token: { ...OPEN.token, claims } };
      const name = 'HTTPS://idp.example/user/21/';
      expect(await refused({ claims: { client_id: name } }, setting)).toBe('delegation_not_allowed');
      expect(await refused({ claims: itself(name) }, setting)).toBe('delegation_not_allowed');
    }
  });

  it('may be a service that is trusted where its record lists it, and no user', async () => {
    const gateway = 'https://gateway.example/';
    const listed = { ...OPEN, trust: { ...OPEN.trust, clients: ['web', gateway, USER] } };
    await expect(accepted({ claims: { client_id: gateway } }, listed)).resolves.toBeDefined();
    const { principal } = await accepted({ claims: itself(gateway) }, listed);
    expect(principal).toMatchObject({ subject: gateway, subjectKind: 'service', client: gateway });
    expect(await refused({ claims: { client_id: USER } }, listed)).toBe('delegation_not_allowed');
  });

  describe.each([
    'census',
    'https://census.service/',
    'api://census',
    '6e74172b-be56-4843-9ff4-e66a39bb12e3',
  ])('that is registered under the identifier of this service, %s,', (service) => {
    const claims = { ...OPEN.token?.claims, aud: service, client_id: service };
    const shared = {
      ...OPEN,
      trust: { ...OPEN.trust, clients: ['web', service] },
      verifier: { service },
      token: { ...OPEN.token, claims },
    };

    it('calls for its users where its record lists it, and is refused where it does not', async () => {
      const { principal } = await accepted({}, shared);
      expect(principal).toMatchObject({ subject: 'user-1', subjectKind: 'user', client: service });
      const fault = await faultOf(accepted({}, { ...shared, trust: { ...OPEN.trust } }));
      expect(fault).toMatchObject({ code: 'delegation_not_allowed' });
      expect(fault.message).toContain(`the name of this service (${service})`);
      expect(fault.message).toContain('clients');
    });

    it('does not speak as this service itself', async () => {
      expect(await refused({ claims: itself(service) }, shared)).toBe('delegation_not_allowed');
      expect(await refused({ claims: { sub: service } }, shared)).toBe('delegation_not_allowed');
    });

    it('bears no name under it, nor another spelling of it, whatever its record lists', async () => {
      for (const name of [`${service}/user/21/`, `${service}?user=21`, service.toUpperCase()]) {
        const listed = { ...shared, trust: { ...shared.trust, clients: [service, name] } };
        expect(await refused({ claims: { client_id: name } }, listed)).toBe('delegation_not_allowed');
      }
    });
  });

  it.each(['web', 'https://shop.example/app.json', 'K1AUPhZq8mRi0Q0pjhkfu1D7y6KjDQja'])(
    'may bear any other: %s',
    async (name) => {
      await expect(accepted({ claims: itself(name) }, OPEN)).resolves.toBeDefined();
    },
  );
});
