import { decodeJwt } from 'jose';
import { createFixedClock } from '../../../src/clock.js';
import { createVerifier } from '../../../src/inbound/verifier.js';
import { createAuthorizer } from '../../../src/outbound/authorizer.js';
import { CENSUS, HERALD, heraldOf, keyStore, ours, registered, SECRET } from '../../support/oauth-clients.js';
import { startProvider, type TestProvider } from '../../support/openid-provider.js';
import { arrive, outboundCall } from '../../support/service.js';

const running: TestProvider[] = [];

async function start(
  options: { metadata?: 'oauth2' | 'openid'; hasPageForAll?: boolean; lifetimeSeconds?: number } = {},
): Promise<TestProvider> {
  const provider = await startProvider({ clients: registered, ...options });
  running.push(provider);
  return provider;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((provider) => provider.close()));
});

const call = outboundCall('http://127.0.0.1:4001/user/21/');

describe('a token by client credentials, from a real OpenID provider', () => {
  it.each(['client_secret_basic', 'client_secret_post', 'private_key_jwt'] as const)(
    'is issued to a client that authenticates by %s, and the called service accepts it',
    async (method) => {
      const provider = await start();
      const herald = heraldOf({ issuer: provider.issuer, ...ours[method] });
      const { headers, issued } = await herald.authorize(call, undefined);

      const census = createVerifier({
        service: CENSUS,
        trust: [
          {
            name: 'idp',
            issuer: provider.issuer,
            keys: { jwksUri: `${provider.issuer}/jwks` },
            algorithms: ['ES256'],
            tokenType: 'at+jwt',
            scopes: ['user:read'],
          },
        ],
      });
      const { principal } = await arrive(census, call, headers);
      expect(principal).toMatchObject({
        subjectKind: 'service',
        subject: ours[method].clientId,
        caller: { name: 'idp' },
        scopes: new Set(['user:read']),
        actors: [],
      });
      expect(issued?.claims).toMatchObject({
        issuer: provider.issuer,
        audience: CENSUS,
        subject: undefined,
        scopes: ['user:read'],
        actors: [HERALD],
        bound: false,
      });
      expect(Math.abs(issued!.claims.expiresAt - principal.expiresAt)).toBeLessThanOrEqual(2);
    },
  );

  it('is asked for with the scopes and the audience of the destination, and nothing else', async () => {
    const provider = await start();
    await heraldOf({ issuer: provider.issuer, ...ours.client_secret_post }, [
      'user:read',
      'user:write',
    ]).authorize(call, undefined);
    expect(Object.fromEntries(provider.tokenRequests[0]!.parameters)).toEqual({
      grant_type: 'client_credentials',
      scope: 'user:read user:write',
      resource: CENSUS,
      client_id: 'herald-post',
      client_secret: SECRET,
    });
  });

  it('is asked for without a scope when the destination names none', async () => {
    const provider = await start();
    const { issued } = await heraldOf({ issuer: provider.issuer, ...ours.client_secret_basic }, []).authorize(
      call,
      undefined,
    );
    expect([...provider.tokenRequests[0]!.parameters.keys()].sort()).toEqual(['grant_type', 'resource']);
    expect(issued?.claims.scopes).toEqual([]);
  });

  it('is asked for by "audience" from a server that knows only that', async () => {
    const provider = await start();
    const server = {
      issuer: provider.issuer,
      ...ours.client_secret_basic,
      targetParameter: 'audience',
    } as const;
    await heraldOf(server).authorize(call, undefined);
    const { parameters } = provider.tokenRequests[0]!;
    expect([parameters.get('audience'), parameters.get('resource')]).toEqual([CENSUS, null]);
  });

  it('needs no discovery when the record says where tokens are', async () => {
    const provider = await start();
    const tokenEndpoint = `${provider.issuer}/token`;
    await heraldOf({ issuer: provider.issuer, tokenEndpoint, ...ours.private_key_jwt }).authorize(
      call,
      undefined,
    );
    expect(provider.paths).toEqual(['/token']);
  });

  it.each([
    ['oauth2', ['/.well-known/oauth-authorization-server', '/token']],
    ['openid', ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration', '/token']],
  ] as const)(
    'is found by the metadata of a server that has only its %s document',
    async (metadata, paths) => {
      const provider = await start({ metadata });
      await heraldOf({ issuer: provider.issuer, ...ours.private_key_jwt }).authorize(call, undefined);
      expect(provider.paths).toEqual(paths);
    },
  );

  it('is found by the OpenID document of a server that has a page for whatever it does not know', async () => {
    const provider = await start({ metadata: 'openid', hasPageForAll: true });
    await heraldOf({ issuer: provider.issuer, ...ours.private_key_jwt }).authorize(call, undefined);
    expect(provider.paths).toContain('/.well-known/openid-configuration');
  });

  it('is asked for once: the next call gets the same, from the cache', async () => {
    const provider = await start();
    const herald = heraldOf({ issuer: provider.issuer, ...ours.private_key_jwt });
    const tokens = [];
    for (let i = 0; i < 10; i++) tokens.push((await herald.authorize(call, undefined)).issued?.token);
    expect([new Set(tokens).size, provider.tokenRequests.length]).toEqual([1, 1]);
  });

  it('is asked for once by 500 calls at the same time', async () => {
    const provider = await start();
    const herald = heraldOf({ issuer: provider.issuer, ...ours.private_key_jwt });
    const calls = await Promise.all(Array.from({ length: 500 }, () => herald.authorize(call, undefined)));
    expect(new Set(calls.map(({ issued }) => issued?.token)).size).toBe(1);
    expect(provider.paths).toEqual(['/.well-known/oauth-authorization-server', '/token']);
  });

  it('is another one for other scopes and for another destination, also at the same time', async () => {
    const provider = await start();
    const destination = (name: string, scope: string, audience: string) =>
      ({
        name,
        url: `http://127.0.0.1:4001/${name}/`,
        audience,
        onBehalfOf: 'service',
        authorize: 'clientCredentials',
        scopes: [scope],
        authorizationServer: { issuer: provider.issuer, ...ours.private_key_jwt },
      }) as const;
    const expected = [
      ['reading', 'user:read', CENSUS],
      ['writing', 'user:write', CENSUS],
      ['elsewhere', 'user:read', 'https://ledger.service/'],
    ] as const;
    const herald = createAuthorizer({
      service: HERALD,
      keyStore,
      destinations: expected.map(([name, scope, audience]) => destination(name, scope, audience)),
    });
    const answers = await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        const [name, scope, audience] = expected[index % 3]!;
        const { issued } = await herald.authorize(outboundCall(`http://127.0.0.1:4001/${name}/x`), undefined);
        const { scope: had, aud } = decodeJwt(issued!.token);
        return [had, aud].join() === [scope, audience].join();
      }),
    );
    expect(answers).toEqual(answers.map(() => true));
    expect(provider.tokenRequests).toHaveLength(3);
  });

  it('is left aside when the called service refused it, once in 30 seconds', async () => {
    const provider = await start();
    const clock = createFixedClock(Math.floor(Date.now() / 1000));
    const server = { issuer: provider.issuer, ...ours.private_key_jwt };
    const herald = heraldOf(server, ['user:read'], keyStore, CENSUS, clock);
    const first = await herald.authorize(call, undefined);
    expect(herald.tokenRefused(first)).toBe(true);
    const second = await herald.authorize(call, undefined);
    expect(second.issued?.token).not.toBe(first.issued?.token);
    for (let i = 0; i < 20; i++) {
      const next = await herald.authorize(call, undefined);
      expect([next.issued?.token, herald.tokenRefused(next)]).toEqual([second.issued?.token, false]);
    }
    clock.advance(30);
    expect(herald.tokenRefused(second)).toBe(true);
    await herald.authorize(call, undefined);
    expect(provider.tokenRequests).toHaveLength(3);
  });

  it('of 30 seconds is not asked for anew by each call', async () => {
    const provider = await start({ lifetimeSeconds: 30 });
    const herald = heraldOf({ issuer: provider.issuer, ...ours.private_key_jwt });
    for (let i = 0; i < 20; i++) await herald.authorize(call, undefined);
    expect(provider.tokenRequests).toHaveLength(1);
  });

  it('is not for a user: the user of the request that is served does not appear', async () => {
    const provider = await start();
    const herald = heraldOf({ issuer: provider.issuer, ...ours.private_key_jwt });
    const { issued } = await herald.authorize(call, undefined);
    expect(decodeJwt(issued!.token)).toMatchObject({ sub: HERALD, client_id: HERALD, aud: CENSUS });
  });
});
