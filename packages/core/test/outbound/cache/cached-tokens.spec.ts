import { createScene, serialisingCache } from '../../support/cached-tokens.js';
import { codeOf } from '../../support/scene.js';
import { until } from '../../support/until.js';

describe('tokens that serve more than one call', () => {
  it('are issued once for 500 calls at the same time', async () => {
    const { call, source } = createScene();
    const got = await Promise.all(Array.from({ length: 500 }, () => call()));
    expect([new Set(got).size, source.requests()]).toEqual([1, 1]);
  });

  it('are issued ten or eleven times for 1,000 calls over ten lifetimes', async () => {
    const { call, clock, source } = createScene({ lifetimeSeconds: 3600 });
    for (let i = 0; i < 1000; i++) {
      await call();
      clock.advance(36);
    }
    // Renewed up to a minute early, ten lifetimes hold ten tokens and a bit.
    expect([10, 11]).toContain(source.requests());
  });

  it('of 30 seconds are not issued for each call: renewal takes a fifth of their life at most', async () => {
    const { call, clock, source } = createScene({ lifetimeSeconds: 30 });
    for (let second = 0; second < 24; second++) {
      await call();
      clock.advance(1);
    }
    expect(source.requests()).toBe(1);
    clock.advance(3);
    await call();
    expect(source.requests()).toBe(2);
  });

  it.each([
    [3600, 3600 - 60],
    [300, 300 - 60],
    [100, 100 - 20],
    [5, 4],
  ])(
    'of %d seconds are renewed after %d seconds at the earliest, and before they expire',
    async (lifetimeSeconds, earliest) => {
      const { call, clock, source } = createScene({ lifetimeSeconds });
      await call();
      clock.advance(earliest - 0.001);
      await call();
      expect(source.requests()).toBe(1);
      // A fifth of the time that is left is each process's own jitter.
      clock.advance((lifetimeSeconds - earliest) * 0.2 + 0.002);
      await call();
      expect(source.requests()).toBe(2);
    },
  );

  it('are not renewed by all processes in the same moment', async () => {
    const early = await Promise.all(
      Array.from({ length: 40 }, async () => {
        const { call, clock, source } = createScene({ lifetimeSeconds: 3600 });
        await call();
        clock.advance(3600 - 54);
        await call();
        return source.requests() === 2;
      }),
    );
    expect(new Set(early)).toEqual(new Set([true, false]));
  });

  it('are used while they hold when they cannot be renewed, and not a moment longer', async () => {
    const { call, clock, source, warnings } = createScene({ lifetimeSeconds: 100 });
    await call();
    source.fail();
    clock.advance(90);
    expect(await call()).toBe('reads #1');
    await until(() => warnings.length > 0);
    expect(warnings).toEqual([
      'a token for https://census.service/ could not be renewed; the old one is used while it holds',
    ]);
    clock.advance(9.999);
    expect(await call()).toBe('reads #1');
    clock.advance(0.001);
    await expect(call()).rejects.toMatchObject({ code: 'token_unavailable' });
    source.recover();
    expect(await call()).toMatch(/^reads #\d+$/);
  });

  it('that should be renewed are used while the new one is issued: no call waits for it', async () => {
    const { call, clock, source } = createScene({ lifetimeSeconds: 100 });
    await call();
    source.stall();
    clock.advance(85);
    const got = await Promise.all(Array.from({ length: 50 }, () => call()));
    expect([new Set(got), await call(), source.requests()]).toEqual([new Set(['reads #1']), 'reads #1', 2]);
    source.recover();
    await new Promise(setImmediate);
    expect([await call(), source.requests()]).toEqual(['reads #2', 2]);
  });

  it('that are about to expire are not used: calls wait for the new one', async () => {
    const { call, clock, source } = createScene({ lifetimeSeconds: 100 });
    await call();
    clock.advance(98.5);
    expect([await call(), source.requests()]).toEqual(['reads #2', 2]);
  });

  it('that expire while they are renewed are not asked for twice', async () => {
    const { call, clock, source } = createScene({ lifetimeSeconds: 100 });
    await call();
    source.stall();
    clock.advance(85);
    await call();
    clock.advance(15);
    const waiting = Promise.all([call(), call()]);
    source.recover();
    expect([await waiting, source.requests()]).toEqual([['reads #2', 'reads #2'], 2]);
  });

  it('whose renewal fails after they expired, when nobody waits for it, are no unhandled rejection', async () => {
    const unhandled: unknown[] = [];
    const hear = (error: unknown): void => void unhandled.push(error);
    process.on('unhandledRejection', hear);
    try {
      const { call, clock, source, warnings } = createScene({ lifetimeSeconds: 100 });
      await call();
      source.stall();
      clock.advance(85);
      await call();
      clock.advance(15);
      source.fail();
      await until(() => warnings.length > 0);
      await new Promise((resolve) => setTimeout(resolve));
      expect(unhandled).toEqual([]);
    } finally {
      process.off('unhandledRejection', hear);
    }
  });

  it.each([
    ['keeps the token itself', undefined],
    ['keeps its text', serialisingCache()],
  ])('are not asked for by each call when a renewal has just failed: the cache %s', async (_what, cache) => {
    const { call, clock, source, warnings } = createScene({
      lifetimeSeconds: 100,
      ...(cache !== undefined && { cache }),
    });
    await call();
    source.fail();
    clock.advance(85);
    await call();
    await until(() => warnings.length > 0);
    for (let i = 0; i < 50; i++) expect(await call()).toBe('reads #1');
    expect([source.requests(), warnings.length]).toEqual([2, 1]);
    clock.advance(5);
    source.recover();
    await call();
    await new Promise(setImmediate);
    expect([await call(), source.requests()]).toEqual(['reads #3', 3]);
  });

  it('that could not be issued are asked for again by the next call', async () => {
    const { call, source } = createScene();
    source.fail();
    for (let i = 0; i < 3; i++) expect(await codeOf(call())).toBe('token_unavailable');
    source.recover();
    expect(await call()).toBe('reads #4');
  });

  it.each(['sub', 'scope', 'destination'])('are never mixed up between two %ss', async (difference) => {
    const { tokens, source } = createScene();
    const keyOf = (index: number) =>
      JSON.stringify([difference === 'destination' ? '' : difference, index % 2]);
    const got = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const isDestination = difference === 'destination';
        const key = isDestination ? 'the same' : keyOf(index);
        const destination = isDestination ? `census ${String(index % 2)}` : 'census';
        return (await tokens.get(source.offer(key), destination, false)).token;
      }),
    );
    expect([
      new Set(got.filter((_, i) => i % 2 === 0)).size,
      new Set(got.filter((_, i) => i % 2 === 1)).size,
    ]).toEqual([1, 1]);
    expect([new Set(got).size, source.requests()]).toEqual([2, 2]);
  });

  it('are not shared by names that only look alike when they are put together', async () => {
    const { tokens, source } = createScene();
    const first = await tokens.get(source.offer('b","c'), 'a', false);
    const second = await tokens.get(source.offer('c'), 'a","b', false);
    expect(first.token).not.toBe(second.token);
  });

  it('are not kept when each call needs its own', async () => {
    const { tokens, source } = createScene();
    const got = await Promise.all(
      Array.from({ length: 20 }, () => tokens.get(source.offer(null), 'census', false)),
    );
    expect([new Set(got.map(({ token }) => token)).size, source.requests()]).toEqual([20, 20]);
  });
});
