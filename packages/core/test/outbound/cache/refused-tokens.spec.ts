import { createFixedClock } from '../../../src/clock.js';
import { memoryTokenCache, type TokenCache } from '../../../src/outbound/cache/token-cache.js';
import { type TokenOffer } from '../../../src/outbound/token-source.js';
import { createScene, issuedToken, serialisingCache } from '../../support/cached-tokens.js';

describe('a token that the called service refused', () => {
  it('is left aside, and replaced by the next call', async () => {
    const { call, refusedCall, source } = createScene();
    expect(await refusedCall()).toEqual(['reads #1', true]);
    expect([await call(), await call(), source.requests()]).toEqual(['reads #2', 'reads #2', 2]);
  });

  it('is left aside also where the cache keeps its text', async () => {
    const { call, refusedCall, source } = createScene({ cache: serialisingCache() });
    expect(await refusedCall()).toEqual(['reads #1', true]);
    expect([await call(), await call(), source.requests()]).toEqual(['reads #2', 'reads #2', 2]);
  });

  it('is replaced once for all calls that had it and are made again', async () => {
    const { call, repeatedCall, source, tokens } = createScene();
    const had = await Promise.all(
      Array.from({ length: 100 }, () => tokens.get(source.offer(), 'census', false)),
    );
    const got = had.map((issued) => {
      expect(tokens.refuse(issued, 30)).toBe(true);
      return repeatedCall();
    });
    expect([new Set(await Promise.all(got)), source.requests()]).toEqual([new Set(['reads #2']), 2]);
    // The answers of slower calls come when it is replaced already.
    expect(tokens.refuse(had[0]!, 30)).toBe(true);
    expect([await call(), source.requests()]).toEqual(['reads #2', 2]);
  });

  it('is not waited for by a call after it: one that is about to get it from a slow cache gets the new one', async () => {
    let isSlow = false;
    const clock = createFixedClock();
    const memory = memoryTokenCache({ clock });
    const cache: TokenCache = {
      async get(key) {
        const found = await memory.get(key);
        if (isSlow) await new Promise((resolve) => setTimeout(resolve, 20));
        return found;
      },
      set: (key, issued, expiresAt) => memory.set(key, issued, expiresAt),
    };
    const { call, repeatedCall, source, tokens } = createScene({ cache });
    const issued = await tokens.get(source.offer(), 'census', false);
    isSlow = true;
    const slow = call();
    tokens.refuse(issued, 30);
    expect(await Promise.all([slow, repeatedCall()])).toEqual(['reads #2', 'reads #2']);
  });

  it('is followed by one that is not left aside for a while, so that refusals are no flood of token requests', async () => {
    const { call, clock, refusedCall, source } = createScene();
    await refusedCall();
    for (let i = 0; i < 100; i++) expect(await refusedCall()).toEqual(['reads #2', false]);
    clock.advance(29.999);
    expect(await refusedCall()).toEqual(['reads #2', false]);
    clock.advance(0.001);
    expect(await refusedCall()).toEqual(['reads #2', true]);
    expect([await call(), source.requests()]).toEqual(['reads #3', 3]);
  });

  it('is left aside each time where no rest is asked for', async () => {
    const { refusedCall } = createScene();
    for (const number of [1, 2, 3]) expect(await refusedCall(0)).toEqual([`reads #${String(number)}`, true]);
  });

  it('that is issued once more is used again, and counts as no other', async () => {
    const { clock, tokens } = createScene();
    let requests = 0;
    const offer: TokenOffer = {
      cacheKey: 'reads',
      issue() {
        requests++;
        return Promise.resolve(issuedToken('always the same', clock.now(), 600));
      },
    };
    expect(tokens.refuse(await tokens.get(offer, 'census', false), 30)).toBe(true);
    for (let i = 0; i < 10; i++)
      expect(tokens.refuse(await tokens.get(offer, 'census', false), 30)).toBe(false);
    expect(requests).toBe(2);
  });

  it('is used again while no other can be had, and that is asked for every five seconds', async () => {
    const { call, clock, refusedCall, source, warnings } = createScene();
    await refusedCall();
    source.fail();
    for (let i = 0; i < 20; i++) expect(await call()).toBe('reads #1');
    expect([source.requests(), warnings.length]).toEqual([2, 1]);
    clock.advance(5);
    source.recover();
    expect(await call()).toBe('reads #3');
  });

  it('and served one call only is no loss', async () => {
    const { source, tokens } = createScene();
    expect(tokens.refuse(await tokens.get(source.offer(null), 'census', false), 30)).toBe(true);
  });

  it('keeps only the first call after it waiting, and those that are made again: the server may not answer', async () => {
    const { call, refusedCall, repeatedCall, source } = createScene();
    await refusedCall();
    source.stall();
    const first = call();
    expect(await Promise.all([call(), call()])).toEqual(['reads #1', 'reads #1']);
    const repeated = repeatedCall();
    expect(await call()).toBe('reads #1');
    source.recover();
    expect(await Promise.all([first, repeated])).toEqual(['reads #2', 'reads #2']);
    expect([await call(), source.requests()]).toEqual(['reads #2', 2]);
  });

  it('stays aside where the cache has lost the one that was issued in its place', async () => {
    const clock = createFixedClock();
    const memory = memoryTokenCache({ clock });
    let isLosing = false;
    const cache: TokenCache = {
      get: (key) => memory.get(key),
      set: (key, issued, expiresAt) => (isLosing ? Promise.resolve() : memory.set(key, issued, expiresAt)),
    };
    const { call, refusedCall } = createScene({ cache });
    await refusedCall();
    isLosing = true;
    expect(await call()).toBe('reads #2');
    isLosing = false;
    expect([await call(), await call()]).toEqual(['reads #3', 'reads #3']);
  });
});
