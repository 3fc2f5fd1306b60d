import { createVerifier, type TrustRecord } from '../../src/index.js';
import { createSigningKey } from '../support/signing-key.js';

const herald: TrustRecord = {
  name: 'herald',
  issuer: 'https://herald.service/',
  keys: { jwksUri: 'https://herald.service/.well-known/jwks.json' },
  scopes: ['order:read'],
  actsFor: ['https://census.service/user/'],
};

const login: TrustRecord = {
  name: 'login',
  issuer: 'https://login.example/',
  keys: { jwksUri: 'https://login.example/secret-path/jwks' },
  claims: { preset: 'keycloak', rolesOfClient: 'orders', equal: { typ: 'Bearer' } },
  roles: ['clerk'],
  clients: ['shop'],
  audience: 'orders',
  subject: 'https://census.service/customer/{sub}/',
  introspection: {
    endpoint: 'https://login.example/introspect',
    clientId: 'orders',
    clientAuthentication: 'client_secret_basic',
    clientSecret: 'open-sesame',
  },
};

const described = (...trust: readonly TrustRecord[]) =>
  createVerifier({ service: 'https://order.service/', trust }).describeTrust();

describe('A description of whom a service trusts', () => {
  it('says of another service what its trust record lets it do, defaults included', () => {
    expect(described(herald)).toEqual([
      {
        name: 'herald',
        issuer: 'https://herald.service/',
        tokenTypes: ['svc+jwt'],
        algorithms: ['ES256'],
        scopes: ['order:read'],
        actsFor: ['https://census.service/user/'],
        proofOnly: false,
        introspection: false,
        dpop: 'accepted',
        bodyBinding: 'required',
        maxLifetimeSeconds: 300,
      },
    ]);
  });

  it('says of an identity provider how its tokens are read, and how its users are named', () => {
    expect(described(login)).toEqual([
      {
        name: 'login',
        issuer: 'https://login.example/',
        tokenTypes: ['jwt', 'at+jwt'],
        algorithms: ['RS256'],
        claims: {
          scopes: [['scope']],
          roles: [
            ['realm_access', 'roles'],
            ['resource_access', 'orders', 'roles'],
          ],
          client: ['azp'],
          optional: [],
          equal: { typ: ['Bearer'] },
        },
        scopes: [],
        roles: ['clerk'],
        actsFor: 'anySubject',
        subject: 'https://census.service/customer/{sub}/',
        audience: 'orders',
        clients: ['shop'],
        proofOnly: false,
        introspection: true,
        dpop: 'accepted',
        bodyBinding: 'off',
        maxLifetimeSeconds: 3600,
      },
    ]);
  });

  it('names a token without a type as null', () => {
    const { claims: _, introspection: __, ...rest } = login;
    const [description] = described({ ...rest, claims: 'cognito' });
    expect(description?.tokenTypes).toEqual([null, 'jwt']);
  });

  it('keeps the order of the trust records', () => {
    expect(described(login, herald).map(({ name }) => name)).toEqual(['login', 'herald']);
  });

  it('holds no key, no address of keys and no secret', async () => {
    const key = await createSigningKey('ES256');
    const inline: TrustRecord = { ...herald, keys: { jwks: { keys: [key.publicJwk] } } };
    const text = JSON.stringify(described(inline, login));
    for (const hidden of [key.kid, 'open-sesame', 'secret-path', 'introspect"'])
      expect(text).not.toContain(hidden);
  });

  it('is the same after it was written as JSON and read again', () => {
    const description = described(herald, login);
    expect(JSON.parse(JSON.stringify(description))).toEqual(description);
  });

  it('cannot be changed, at any depth', () => {
    const unfrozen: string[] = [];
    const visit = (value: unknown, path: string): void => {
      if (typeof value !== 'object' || value === null) return;
      if (!Object.isFrozen(value)) unfrozen.push(path);
      for (const [name, member] of Object.entries(value)) visit(member, `${path}.${name}`);
    };
    visit(described(herald, login), 'trust');
    expect(unfrozen).toEqual([]);
  });
});
