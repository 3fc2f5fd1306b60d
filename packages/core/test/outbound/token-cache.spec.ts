import {
  arriving,
  createCallChain,
  NOW,
  partsOf,
  read,
  USER,
  type CallChain,
} from '../support/call-chain.js';
import { createFixedClock } from '../../src/clock.js';
import { tokenCache } from '../../src/outbound/token-cache.js';
import { type IssuedToken } from '../../src/outbound/token-source.js';

let chain: CallChain;

beforeEach(async () => {
  chain = await createCallChain();
});

describe('reads share a token', () => {
  it('that is minted once for a hundred that leave at the same time', async () => {
    const authorizer = chain.authorizer();
    const authentication = await chain.called();
    const paths = Array.from({ length: 100 }, (_, index) => `user/${String(index)}/`);
    const calls = await Promise.all(paths.map((path) => authorizer.authorize(read(path), authentication)));
    expect(new Set(calls.map((call) => call.issued?.token)).size).toBe(1);
    expect(chain.signatures()).toBe(1);
  });

  it.each([
    ['five minutes: it is renewed a minute before its end, up to 12 s earlier by chance', 3600, 227.9, 240],
    ['fifty seconds: it is renewed at a fifth of its life before its end, up to 2 s earlier', 50, 37.9, 40],
  ])('that lives %s', async (_what, life, shared, renewed) => {
    const authorizer = chain.authorizer();
    const authentication = await chain.called({ exp: NOW + life });
    const first = await authorizer.authorize(read(), authentication);
    chain.clock.advance(shared);
    const second = await authorizer.authorize(read(), authentication);
    expect(second.issued?.token).toBe(first.issued?.token);
    await chain.census.authenticate(arriving(read(), second));
    chain.clock.advance(renewed - shared);
    const third = await authorizer.authorize(read(), authentication);
    expect(third.issued?.token).not.toBe(first.issued?.token);
    await chain.census.authenticate(arriving(read(), third));
  });

  it.each([
    ['another user', { sub: 'https://census.service/user/22/' }],
    ['another transaction', { txn: 'txn-2' }],
    ['other scopes', { scope: 'user:write' }],
    ['other roles', { roles: ['admin'] }],
    [
      'another chain of actors',
      { act: { sub: 'https://gateway.service/', act: { sub: 'https://edge.service/' } } },
    ],
    ['a token that ends earlier', { exp: NOW + 200 }],
  ])('but not with a call for %s', async (_what, claims) => {
    const authorizer = chain.authorizer();
    const first = await authorizer.authorize(read(), await chain.called());
    const second = await authorizer.authorize(read(), await chain.called(claims));
    expect(second.issued?.token).not.toBe(first.issued?.token);
    expect(chain.signatures()).toBe(2);
    expect(partsOf(first).claims['sub']).toBe(USER);
  });

  it('but not with another destination, even one of the same audience', async () => {
    const authorizer = chain.authorizer({}, { name: 'census-admin', url: 'http://127.0.0.1:4009/' });
    const authentication = await chain.called();
    const first = await authorizer.authorize(read(), authentication);
    const second = await authorizer.authorize(
      { ...read(), url: new URL('http://127.0.0.1:4009/') },
      authentication,
    );
    expect(second.issued?.token).not.toBe(first.issued?.token);
  });

  it('and none of fifty users ever gets the token of another', async () => {
    const authorizer = chain.authorizer();
    const users = Array.from({ length: 50 }, (_, index) => `https://census.service/user/${String(index)}/`);
    const authentications = await Promise.all(users.map((sub) => chain.called({ sub })));
    for (let round = 0; round < 3; round++) {
      const calls = await Promise.all(authentications.map((each) => authorizer.authorize(read(), each)));
      expect(calls.map((call) => partsOf(call).claims['sub'])).toEqual(users);
    }
    expect(chain.signatures()).toBe(50);
  });

  it('no longer than it lives, whichever way the wall clock is set', async () => {
    const authorizer = chain.authorizer({ onBehalfOf: 'service' });
    const first = await authorizer.authorize(read(), undefined);
    chain.clock.set(NOW + 3600);
    const second = await authorizer.authorize(read(), undefined);
    expect(second.issued?.token).not.toBe(first.issued?.token);
    chain.clock.set(NOW);
    chain.clock.advance(3600);
    chain.clock.set(NOW);
    const third = await authorizer.authorize(read(), undefined);
    expect([first, second].map((call) => call.issued?.token)).not.toContain(third.issued?.token);
  });
});

describe('the cache', () => {
  const issued = (token: string, clock = createFixedClock()): IssuedToken => ({
    token,
    claims: {
      ...{
        issuer: 'i',
        audience: 'a',
        subject: 's',
        scopes: [],
        actors: [],
        transactionId: 't',
        tokenId: 'j',
      },
      ...{ keyId: 'k', issuedAt: clock.now(), expiresAt: clock.now() + 300, bound: false },
    },
  });

  it('holds no more than it may: the oldest entry goes', async () => {
    const cache = tokenCache(createFixedClock(), 2);
    let made = 0;
    const get = (key: string): Promise<IssuedToken> =>
      cache.get(key, async () => {
        made++;
        return issued(key);
      });
    for (const key of ['a', 'b', 'c', 'b', 'c']) await get(key);
    expect(made).toBe(3);
    await get('a');
    expect(made).toBe(4);
  });

  it('gives a failure to all who wait for it, and keeps none', async () => {
    const cache = tokenCache(createFixedClock());
    let made = 0;
    const failing = (): Promise<IssuedToken> => {
      made++;
      return Promise.reject(new Error('busy'));
    };
    const waiting = await Promise.allSettled([1, 2, 3].map(() => cache.get('a', failing)));
    expect(waiting.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(made).toBe(1);
    await expect(cache.get('a', () => Promise.resolve(issued('fresh')))).resolves.toMatchObject({
      token: 'fresh',
    });
  });
});
