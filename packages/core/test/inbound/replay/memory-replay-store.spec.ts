import fc from 'fast-check';
import { createFixedClock } from '../../../src/clock.js';
import { memoryReplayStore } from '../../../src/inbound/replay/memory-replay-store.js';
import { type ReplayShare } from '../../../src/inbound/replay/replay.js';
import { NOW } from '../../support/forge.js';

const A: ReplayShare = { kind: 'token', issuer: 'https://a/', subject: 'a' };

describe('the replay store in this process', () => {
  it('forgets a token when it has expired, and not before', async () => {
    const clock = createFixedClock();
    const store = memoryReplayStore({ clock, maxEntries: 2 });
    expect(await store.firstUse('a', NOW + 60, A)).toBe(true);
    expect(await store.firstUse('b', NOW + 90, A)).toBe(true);
    clock.advance(59);
    await expect(store.firstUse('c', NOW + 100, A)).rejects.toThrow('full');
    expect(await store.firstUse('a', NOW + 60, A)).toBe(false);
    clock.advance(1);
    expect(await store.firstUse('c', NOW + 100, A)).toBe(true);
    expect(await store.firstUse('b', NOW + 90, A)).toBe(false);
  });

  it('refuses everything new rather than forget a token that lives', async () => {
    const store = memoryReplayStore({ clock: createFixedClock(), maxEntries: 3 });
    for (const key of ['a', 'b']) expect(await store.firstUse(key, NOW + 60, A)).toBe(true);
    await expect(store.firstUse('c', NOW + 60, A)).rejects.toThrow('for every token of https://a/');
    expect(await store.firstUse('c', NOW + 60, { ...A, issuer: 'https://b/' })).toBe(true);
    for (const subject of ['a', 'b', 'c'])
      await expect(store.firstUse('d', NOW + 60, { ...A, issuer: 'https://c/', subject })).rejects.toThrow(
        'full',
      );
    for (const key of ['a', 'b', 'c']) expect(await store.firstUse(key, NOW + 60, A)).toBe(false);
  });

  it.each([0, -1, Number.NaN, Infinity, '10'])(
    'must be told how much it may remember: not %p',
    (maxEntries) => {
      expect(() => memoryReplayStore({ maxEntries: maxEntries as number })).toThrow('options.maxEntries');
    },
  );

  it('lets exactly one of fifty through', async () => {
    const store = memoryReplayStore({ clock: createFixedClock() });
    const uses = await Promise.all(Array.from({ length: 50 }, () => store.firstUse('a', NOW + 60, A)));
    expect(uses.filter(Boolean)).toHaveLength(1);
  });
});

describe('its shares', () => {
  it('knows a use whoever it is said to be by: a share is no second name', async () => {
    const store = memoryReplayStore({ clock: createFixedClock() });
    expect(await store.firstUse('key', NOW + 60, A)).toBe(true);
    for (const other of [
      { ...A, kind: 'proof' as const },
      { ...A, issuer: 'https://b/' },
      { ...A, subject: 'b' },
    ])
      expect(await store.firstUse('key', NOW + 60, other)).toBe(false);
  });

  const anyShare = fc.record({
    kind: fc.constantFrom('token' as const, 'proof' as const),
    issuer: fc.constantFrom('https://a/', 'https://b/', '__proto__'),
    subject: fc.constantFrom('', 'a', 'b', '__proto__'),
  });
  const anyUse = fc.record({ share: anyShare, key: fc.nat(60), lives: fc.integer({ min: 1, max: 20 }) });

  it.each([1, 2, 3, 16, 40])(
    'never holds more than it was told, and forgets nothing that lives: %d',
    async (most) => {
      await fc.assert(
        fc.asyncProperty(fc.array(anyUse, { maxLength: 200 }), async (uses) => {
          const clock = createFixedClock();
          const store = memoryReplayStore({ clock, maxEntries: most });
          const ends = new Map<number, number>();
          for (const { share, key, lives } of uses) {
            clock.advance(0.25);
            const end = clock.now() + lives;
            const isFirst = await store.firstUse(String(key), end, share).catch(() => undefined);
            const lived = (ends.get(key) ?? 0) > clock.now();
            expect(isFirst === true && lived).toBe(false);
            expect(isFirst === false && !lived).toBe(false);
            if (isFirst === true) ends.set(key, end);
            expect([...ends.values()].filter((each) => each > clock.now()).length).toBeLessThanOrEqual(most);
          }
          // When all is over, everything is free again.
          clock.advance(30);
          for (let index = 0; index < Math.max(1, Math.floor((most * 0.75 * 9) / 16)); index++)
            expect(await store.firstUse(`late-${String(index)}`, clock.now() + 1, A)).toBe(true);
        }),
        { numRuns: 50 },
      );
    },
  );
});
