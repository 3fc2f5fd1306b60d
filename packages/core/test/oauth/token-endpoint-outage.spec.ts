import { createFixedClock } from '../../src/clock.js';
import { createAuthorizer } from '../../src/outbound/authorizer.js';
import { memoryTokenCache, type TokenCache } from '../../src/outbound/cache/token-cache.js';
import { serialisingCache } from '../support/cached-tokens.js';
import { startMisbehavingServer, type MisbehavingServer } from '../support/misbehaving-server.js';
import { CENSUS, HERALD, heraldOf, keyStore, ours, registered } from '../support/oauth-clients.js';
import { startProvider } from '../support/openid-provider.js';
import { codeOf } from '../support/scene.js';
import { outboundCall } from '../support/service.js';
import { until } from '../support/until.js';

const call = outboundCall('http://127.0.0.1:4001/user/21/');

it('a provider that stops during traffic costs no call while its token holds, then refuses all, and is back when it is back', async () => {
  const clock = createFixedClock();
  const options = { clients: registered, lifetimeSeconds: 100 };
  const before = await startProvider(options);
  const server = { issuer: before.issuer, ...ours.client_secret_basic };
  const herald = heraldOf(server, ['user:read'], keyStore, CENSUS, clock);
  const traffic = (calls: number) =>
    Promise.all(Array.from({ length: calls }, () => herald.authorize(call, undefined)));
  const tokensOf = (calls: Awaited<ReturnType<typeof traffic>>) =>
    new Set(calls.map(({ headers }) => headers[0]?.value));

  const first = await traffic(50);
  expect(tokensOf(first).size).toBe(1);
  expect(before.tokenRequests).toHaveLength(1);

  await before.close();
  clock.advance(99);
  expect(tokensOf(await traffic(50))).toEqual(tokensOf(first));
  clock.advance(1);
  const refused = await Promise.all(
    Array.from({ length: 50 }, () => codeOf(herald.authorize(call, undefined))),
  );
  expect(new Set(refused)).toEqual(new Set(['token_unavailable']));

  const after = await startProvider({ ...options, port: Number(new URL(before.issuer).port) });
  try {
    const again = tokensOf(await traffic(50));
    expect(again.size).toBe(1);
    expect(again).not.toEqual(tokensOf(first));
    expect(after.tokenRequests).toHaveLength(1);
  } finally {
    await after.close();
  }
});

const clock = createFixedClock();

describe.each<[string, () => TokenCache]>([
  ['in this process', () => memoryTokenCache({ clock })],
  ['that keeps text', serialisingCache],
])('a token that should be renewed, in a cache %s,', (_where, cacheOf) => {
  let server: MisbehavingServer;
  let warnings: string[];
  beforeEach(async () => {
    server = await startMisbehavingServer();
    warnings = [];
  });
  afterEach(() => server.stop());

  /** Herald has a token for an hour that has 40 seconds left. */
  async function heraldWithOldToken() {
    const herald = createAuthorizer({
      service: HERALD,
      keyStore,
      clock,
      tokenCache: cacheOf(),
      onWarning: (message) => void warnings.push(message),
      destinations: [
        {
          name: 'census',
          url: 'http://127.0.0.1:4001/',
          audience: CENSUS,
          onBehalfOf: 'service',
          authorize: 'clientCredentials',
          authorizationServer: { issuer: server.issuer, ...ours.client_secret_basic },
        },
      ],
    });
    const tokenNow = async () => (await herald.authorize(call, undefined)).issued!.token;
    const token = await tokenNow();
    clock.advance(3560);
    return { token, tokenNow };
  }

  it('is used while the server accepts connections and never answers: no call waits', async () => {
    const { token, tokenNow } = await heraldWithOldToken();
    server.answerTokens(() => undefined);
    for (let i = 0; i < 20; i++) expect(await tokenNow()).toBe(token);
    await until(() => server.tokenRequests() > 1);
    expect([server.tokenRequests(), warnings]).toEqual([2, []]);
    await server.stop();
    await until(() => warnings.length > 0);
    expect(await tokenNow()).toBe(token);
    expect(warnings).toEqual([
      `a token for ${CENSUS} could not be renewed; the old one is used while it holds`,
    ]);
  });

  it('is used while the server answers 500, which is asked again after five seconds', async () => {
    const { token, tokenNow } = await heraldWithOldToken();
    server.answerTokens((_request, response) => response.writeHead(500).end());
    expect(await tokenNow()).toBe(token);
    await until(() => warnings.length > 0);
    for (let i = 0; i < 20; i++) expect(await tokenNow()).toBe(token);
    expect(server.tokenRequests()).toBe(2);
    clock.advance(5);
    expect(await tokenNow()).toBe(token);
    await until(() => warnings.length > 1);
    expect(server.tokenRequests()).toBe(3);
  });
});
