import {
  arriving,
  createCallChain,
  NOW,
  partsOf,
  read,
  USER,
  type CallChain,
} from '../../support/call-chain.js';

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
    ['five minutes: it is renewed a minute before its end, up to 12 s later by chance', 3600, 239.9, 252],
    [
      'fifty seconds: it is renewed at a fifth of its life before its end, up to 2 s later by chance',
      50,
      39.9,
      42,
    ],
  ])(
    'that lives %s, and the call that has it renewed does not wait',
    async (_what, life, shared, renewed) => {
      const authorizer = chain.authorizer();
      const authentication = await chain.called({ exp: NOW + life });
      const first = await authorizer.authorize(read(), authentication);
      chain.clock.advance(shared);
      const second = await authorizer.authorize(read(), authentication);
      expect(second.issued?.token).toBe(first.issued?.token);
      await chain.census.authenticate(arriving(read(), second));
      chain.clock.advance(renewed - shared);
      const third = await authorizer.authorize(read(), authentication);
      expect(third.issued?.token).toBe(first.issued?.token);
      let fourth = third;
      while (fourth.issued?.token === first.issued?.token) {
        await new Promise(setImmediate);
        fourth = await authorizer.authorize(read(), authentication);
      }
      await chain.census.authenticate(arriving(read(), fourth));
      expect(chain.signatures()).toBe(2);
    },
  );

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

  it('no longer when the called service refused it: a signature is cheap, so each time', async () => {
    const authorizer = chain.authorizer();
    const authentication = await chain.called();
    const tokens = [];
    for (let i = 0; i < 3; i++) {
      const call = await authorizer.authorize(read(), authentication);
      tokens.push(call.issued?.token);
      expect(authorizer.tokenRefused(call)).toBe(true);
    }
    expect(new Set(tokens).size).toBe(3);
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
