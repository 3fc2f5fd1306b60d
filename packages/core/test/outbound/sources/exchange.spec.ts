import { decodeJwt } from 'jose';
import { inspect } from 'node:util';
import { createFixedClock, systemClock, type Clock } from '../../../src/clock.js';
import { type Authentication } from '../../../src/principal.js';
import {
  startMisbehavingServer,
  token as tokenAnswer,
  type MisbehavingServer,
} from '../../support/misbehaving-server.js';
import { startProvider, TOKEN_EXCHANGE, type TestProvider } from '../../support/openid-provider.js';
import { codeOf, faultOf } from '../../support/scene.js';
import {
  arrive,
  createTestService,
  issuerOf,
  outboundCall,
  type TestService,
} from '../../support/service.js';

const HERALD = issuerOf('herald');
const CENSUS = issuerOf('census');
const user = (id: number): string => `${CENSUS}user/${String(id)}/`;
const call = outboundCall('http://127.0.0.1:4001/user/21/');

interface Wanted {
  readonly server: string;
  readonly clock?: Clock;
  readonly scopes?: readonly string[];
}

/** The gateway calls herald, which has the token exchanged for one for census. */
interface Scene {
  readonly gateway: TestService;
  readonly herald: TestService;
  /** How herald was called for that user. */
  called(id: number, claims?: object): Promise<Authentication>;
}

async function createScene({ server, clock = systemClock, scopes = ['user:read'] }: Wanted): Promise<Scene> {
  const gateway = await createTestService({ name: 'gateway', trust: [nobody], clock });
  const herald = await createTestService({
    name: 'herald',
    clock,
    trust: [gateway.trustRecord({ actsFor: [`${CENSUS}user/`] })],
    destinations: [
      {
        name: 'census',
        url: 'http://127.0.0.1:4001/',
        audience: CENSUS,
        onBehalfOf: 'user',
        authorize: 'exchange',
        scopes,
        authorizationServer: { issuer: server, clientId: HERALD, clientAuthentication: 'private_key_jwt' },
      },
    ],
  });
  return {
    gateway,
    herald,
    async called(id, claims = {}) {
      const iat = Math.floor(clock.now());
      const token = await gateway.key.token({
        iss: gateway.issuer,
        aud: HERALD,
        sub: user(id),
        iat,
        exp: iat + 60,
        jti: crypto.randomUUID(),
        scope: 'user:read',
        act: { sub: gateway.issuer, act: { sub: issuerOf('storefront') } },
        txn: `txn-${String(id)}`,
        ...claims,
      });
      return arrive(herald.verifier, call, [{ name: 'Authorization', value: `Bearer ${token}` }]);
    },
  };
}

const nobody = {
  name: 'nobody',
  issuer: 'https://nobody.example/',
  keys: { jwksUri: 'https://nobody.example/jwks' },
};

describe('a token by exchange, from a real OpenID provider', () => {
  let provider: TestProvider;
  let scene: Scene;
  beforeEach(async () => {
    const services = new Map<string, ReturnType<TestService['keyStore']['publicKeys']>>();
    provider = await startProvider({ services });
    scene = await createScene({ server: provider.issuer });
    services.set(scene.gateway.issuer, scene.gateway.keyStore.publicKeys());
    services.set(HERALD, scene.herald.keyStore.publicKeys());
    provider.register({
      client_id: HERALD,
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'ES256',
      grant_types: [TOKEN_EXCHANGE],
      redirect_uris: [],
      response_types: [],
      jwks: { keys: [...scene.herald.keyStore.publicKeys().keys] },
    });
  });
  afterEach(() => provider.close());

  it('names the user, and who acts: census accepts it from the provider', async () => {
    const { headers, issued } = await scene.herald.authorizer.authorize(call, await scene.called(21));
    const census = await createTestService({
      name: 'census',
      clock: systemClock,
      trust: [
        {
          name: 'idp',
          issuer: provider.issuer,
          keys: { jwksUri: `${provider.issuer}/jwks` },
          algorithms: ['ES256'],
          tokenType: 'at+jwt',
          scopes: ['user:read'],
          actsFor: [`${CENSUS}user/`],
        },
      ],
    });
    const { principal } = await arrive(census.verifier, call, headers);
    expect(principal).toMatchObject({
      subject: user(21),
      subjectKind: 'user',
      caller: { name: 'idp' },
      scopes: new Set(['user:read']),
      actors: [HERALD, issuerOf('gateway'), issuerOf('storefront')],
    });
    expect(issued?.claims).toMatchObject({ subject: user(21), actors: principal.actors, audience: CENSUS });
  });

  it('is asked for with the token that we were called with, and one of our own for the server', async () => {
    const authentication = await scene.called(21);
    await scene.herald.authorizer.authorize(call, authentication);
    const { client_assertion, actor_token, ...parameters } = Object.fromEntries(
      provider.tokenRequests[0]!.parameters,
    );
    expect(parameters).toEqual({
      grant_type: TOKEN_EXCHANGE,
      subject_token: authentication.token,
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      actor_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      scope: 'user:read',
      resource: CENSUS,
      client_id: HERALD,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    });
    expect(decodeJwt(actor_token!)).toMatchObject({ iss: HERALD, sub: HERALD, aud: provider.issuer });
    expect(decodeJwt(client_assertion!).jti).not.toBe(decodeJwt(actor_token!).jti);
  });

  it('is one for each token that we were called with: users, and calls of one user, never share one', async () => {
    const ids = Array.from({ length: 30 }, (_, index) => index % 15);
    const tokens = await Promise.all(
      ids.map(async (id) => {
        const { issued } = await scene.herald.authorizer.authorize(call, await scene.called(id));
        return { id, token: issued!.token };
      }),
    );
    expect(tokens.map(({ token }) => decodeJwt(token).sub)).toEqual(tokens.map(({ id }) => user(id)));
    expect([new Set(tokens.map(({ token }) => token)).size, provider.tokenRequests.length]).toEqual([30, 30]);
  });

  it('is asked for once for all calls of one request', async () => {
    const authentication = await scene.called(21);
    await Promise.all(
      Array.from({ length: 50 }, () => scene.herald.authorizer.authorize(call, authentication)),
    );
    await scene.herald.authorizer.authorize(call, authentication);
    expect(provider.tokenRequests).toHaveLength(1);
  });

  it('is not used after the token that it came from has expired', async () => {
    const authentication = await scene.called(21);
    const { issued } = await scene.herald.authorizer.authorize(call, authentication);
    expect(issued!.claims.expiresAt).toBe(authentication.principal.expiresAt);
    expect(decodeJwt(issued!.token).exp!).toBeGreaterThan(authentication.principal.expiresAt);
  });

  it('that the server refuses is a fault that repeats neither token', async () => {
    const authentication = await scene.called(21);
    const forged = { ...authentication, token: `${authentication.token.slice(0, -8)}AAAAAAAA` };
    const fault = await faultOf(scene.herald.authorizer.authorize(call, forged));
    expect([fault.code, fault.message]).toEqual([
      'token_unavailable',
      `${new URL(provider.issuer).host} gave no token: it answered 400, invalid_grant`,
    ]);
    const said = inspect(fault, { depth: Infinity, showHidden: true });
    for (const part of forged.token.split('.')) expect(said).not.toContain(part);
  });
});

describe('a token by exchange', () => {
  let server: MisbehavingServer;
  beforeEach(async () => {
    server = await startMisbehavingServer();
  });
  afterEach(() => server.stop());

  it('is never asked for without a user', async () => {
    const { herald, gateway, called } = await createScene({ server: server.issuer });
    expect(await codeOf(herald.authorizer.authorize(call, undefined))).toBe('user_context_missing');
    const asItself = await called(21, { sub: gateway.issuer, act: undefined });
    expect(await codeOf(herald.authorizer.authorize(call, asItself))).toBe('user_context_missing');
    expect(server.tokenRequests() + server.otherRequests()).toBe(0);
  });

  it.each([
    ['the user has some of them', ['user:read', 'user:write'], 'user:read', 'user:read'],
    ['the user has more', ['user:read'], 'user:read user:write', 'user:read'],
  ])('is asked for with no scope that the caller had not: %s', async (_name, scopes, scope, asked) => {
    const { herald, called } = await createScene({ server: server.issuer, scopes });
    const { issued } = await herald.authorizer.authorize(call, await called(21, { scope }));
    expect(new URLSearchParams(server.lastRequest()).get('scope')).toBe(asked);
    expect(issued?.claims.scopes).toEqual(asked.split(' '));
  });

  it('is not asked for when the caller has none of the scopes: the server would fill in its own', async () => {
    const { herald, called } = await createScene({ server: server.issuer, scopes: ['user:write'] });
    const fault = await faultOf(herald.authorizer.authorize(call, await called(21, { scope: 'user:read' })));
    expect(fault).toMatchObject({ code: 'scope_missing', kind: 'forbidden', requiredScopes: ['user:write'] });
    expect(server.tokenRequests()).toBe(0);
  });

  it('is asked for without a scope when the destination names none', async () => {
    const { herald, called } = await createScene({ server: server.issuer, scopes: [] });
    await herald.authorizer.authorize(call, await called(21));
    expect(new URLSearchParams(server.lastRequest()).has('scope')).toBe(false);
  });

  it('costs one look at the metadata of its server, also for calls that say which scopes they need', async () => {
    const { herald, called } = await createScene({ server: server.issuer });
    for (const id of [1, 2, 3])
      await herald.authorizer.authorize(call, await called(id), { scopes: ['user:read'] });
    expect([server.tokenRequests(), server.otherRequests()]).toEqual([3, 1]);
  });

  it('with a scope that was not asked for is not used', async () => {
    const { herald, called } = await createScene({ server: server.issuer });
    server.answerTokens(tokenAnswer({ scope: 'user:read user:write' }));
    expect(await codeOf(herald.authorizer.authorize(call, await called(21)))).toBe('token_unavailable');
  });

  it('is used for five seconds when the caller token has five seconds left', async () => {
    const clock = createFixedClock();
    const { herald, called } = await createScene({ server: server.issuer, clock });
    const authentication = await called(21);
    clock.advance(55);
    const { issued } = await herald.authorizer.authorize(call, authentication);
    expect(issued!.claims.expiresAt - clock.now()).toBe(5);
    clock.advance(3);
    await herald.authorizer.authorize(call, authentication);
    expect(server.tokenRequests()).toBe(1);
  });

  it('is not asked for when the caller token expired meanwhile, and what was cached is not used', async () => {
    const clock = createFixedClock();
    const { herald, called } = await createScene({ server: server.issuer, clock });
    const authentication = await called(21);
    await herald.authorizer.authorize(call, authentication);
    clock.advance(60);
    expect(await codeOf(herald.authorizer.authorize(call, authentication))).toBe('caller_token_expired');
    expect(server.tokenRequests()).toBe(1);
  });
});
