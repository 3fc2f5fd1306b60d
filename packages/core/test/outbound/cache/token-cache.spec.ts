import { createFixedClock } from '../../../src/clock.js';
import { memoryTokenCache } from '../../../src/outbound/cache/token-cache.js';
import { createScene, issuedToken } from '../../support/cached-tokens.js';

describe('the token cache in this process', () => {
  it('holds no more than its limit, and lets go what was used longest ago', async () => {
    const clock = createFixedClock();
    const cache = memoryTokenCache({ clock, maxEntries: 3 });
    const put = (key: string) => cache.set(key, issuedToken(key, clock.now(), 60), clock.now() + 60);
    for (const key of ['a', 'b', 'c']) await put(key);
    await cache.get('a');
    await put('d');
    await put('d');
    const held = await Promise.all(['a', 'b', 'c', 'd'].map(async (key) => (await cache.get(key))?.token));
    expect(held).toEqual(['a', undefined, 'c', 'd']);
  });

  it('holds 1,000 tokens unless told otherwise', async () => {
    const clock = createFixedClock();
    const cache = memoryTokenCache({ clock });
    for (let i = 0; i < 1500; i++)
      await cache.set(String(i), issuedToken(String(i), clock.now(), 60), clock.now() + 60);
    let held = 0;
    for (let i = 0; i < 1500; i++) if ((await cache.get(String(i))) !== undefined) held++;
    expect(held).toBe(1000);
  });

  it('forgets a token in the second in which it expires', async () => {
    const clock = createFixedClock();
    const cache = memoryTokenCache({ clock });
    await cache.set('a', issuedToken('a', clock.now(), 60), clock.now() + 60);
    clock.advance(59.999);
    expect(await cache.get('a')).toBeDefined();
    clock.advance(0.001);
    expect(await cache.get('a')).toBeUndefined();
  });

  it('forgets it also when the wall clock was set back meanwhile', async () => {
    const { call, clock, source } = createScene({ lifetimeSeconds: 600 });
    await call();
    clock.advance(1);
    clock.set(clock.now() - 3600);
    clock.advance(598);
    expect(await call()).toBe('reads #1');
    clock.advance(1);
    expect(await call()).toBe('reads #2');
    expect(source.requests()).toBe(2);
  });

  it('forgets it also when the wall clock was set forward', async () => {
    const { call, clock } = createScene({ lifetimeSeconds: 600 });
    await call();
    clock.set(clock.now() + 600);
    expect(await call()).toBe('reads #2');
  });
});
