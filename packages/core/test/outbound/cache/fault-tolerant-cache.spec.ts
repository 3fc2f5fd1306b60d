import { inspect } from 'node:util';
import { createFixedClock } from '../../../src/clock.js';
import { memoryTokenCache, type TokenCache } from '../../../src/outbound/cache/token-cache.js';
import { createScene, issuedToken } from '../../support/cached-tokens.js';

describe('a cache backend that', () => {
  /** The error of a backend that repeats what it could not store. */
  const failing = (): Promise<never> =>
    Promise.reject(Object.assign(new Error('cannot store reads #1'), { code: 'ECONNRESET' }));
  const throwing = (): never => {
    throw new Error('cannot store reads #1');
  };

  it.each([
    ['fails on get', { get: failing, set: async () => undefined }],
    ['fails on set', { get: async () => undefined, set: failing }],
    ['fails on both', { get: failing, set: failing }],
    ['throws at once', { get: throwing, set: throwing }],
  ])(
    '%s is no outage: tokens are issued anew, an operator is told, and the warning holds no token',
    async (_name, cache) => {
      const { call, source, warnings } = createScene({ cache });
      expect([await call(), await call()]).toEqual(['reads #1', 'reads #2']);
      expect(source.requests()).toBe(2);
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).toMatch(/^the token cache fails, tokens are issued anew: Error( ECONNRESET)?$/);
      expect(inspect(warnings)).not.toContain('reads #');
    },
  );

  it('does not answer is left alone after a second', async () => {
    const never = () => new Promise<never>(() => undefined);
    const { call, warnings } = createScene({ cache: { get: never, set: never } });
    expect([await call(), await call()]).toEqual(['reads #1', 'reads #2']);
    expect(warnings).toEqual(['the token cache fails, tokens are issued anew: TimeoutError']);
  });

  it('comes back is used again, after a second', async () => {
    const clock = createFixedClock();
    const memory = memoryTokenCache({ clock });
    let isDown = true;
    const cache: TokenCache = {
      get: (key) => (isDown ? failing() : memory.get(key)),
      set: (key, issued, expiresAt) => (isDown ? failing() : memory.set(key, issued, expiresAt)),
    };
    const scene = createScene({ cache });
    await scene.call();
    isDown = false;
    scene.clock.advance(1);
    expect([await scene.call(), await scene.call()]).toEqual(['reads #2', 'reads #2']);
    expect(scene.warnings).toHaveLength(1);
  });

  it('fails still lets 500 calls at the same time share one token', async () => {
    const { call, source } = createScene({ cache: { get: failing, set: failing } });
    await Promise.all(Array.from({ length: 500 }, () => call()));
    expect(source.requests()).toBe(1);
  });

  it('answers null for nothing is understood', async () => {
    const { call } = createScene({
      cache: { get: async () => null as unknown as undefined, set: async () => undefined },
    });
    expect(await call()).toBe('reads #1');
  });

  it('hands out what has expired does not get it sent', async () => {
    const clock = createFixedClock();
    const expired = issuedToken('expired', clock.now() - 60, 60);
    const { call } = createScene({ cache: { get: async () => expired, set: async () => undefined } });
    expect(await call()).toBe('reads #1');
  });
});
