import { createFixedClock } from '../../src/clock.js';
import { CENSUS, heraldOf, keyStore, ours, registered } from '../support/oauth-clients.js';
import { startProvider } from '../support/openid-provider.js';
import { codeOf } from '../support/scene.js';
import { outboundCall } from '../support/service.js';

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
