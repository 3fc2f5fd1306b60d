import { type FixedClock } from '../../src/clock.js';
import { createTrustStore } from '../../src/trust/trust-store.js';
import { hang, json, startKeyServer, status, type KeyServer } from '../support/key-server.js';
import { findKey, ISSUER, useKeyServer, type UsedKeyServer } from '../support/remote-keys.js';
import { createSigningKey } from '../support/signing-key.js';

const key = await createSigningKey('ES256', 'good');
const next = await createSigningKey('ES256', 'next');

let server: KeyServer;
let clock: FixedClock;
let remote: UsedKeyServer['remote'];
let publish: UsedKeyServer['publish'];

useKeyServer(key.publicJwk, (used) => {
  ({ server, clock, remote, publish } = used);
});

/** What became of many look-ups: how many found a key, and the codes of the others. */
async function outcomes(finds: readonly Promise<unknown>[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const result of await Promise.allSettled(finds)) {
    const outcome =
      result.status === 'rejected'
        ? String((result.reason as { code?: unknown }).code)
        : result.value === undefined
          ? 'key_unknown'
          : 'found';
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  }
  return counts;
}

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

describe('remote keys', () => {
  it('are fetched when they are first needed, and no earlier', async () => {
    const keys = remote();
    expect(server.requests()).toBe(0);
    await expect(findKey(keys, 'good')).resolves.toMatchObject({ keyId: 'good', algorithm: 'ES256' });
    expect(server.requests()).toBe(1);
  });

  it('are fetched once for 1,000 requests that arrive cold, and all are answered', async () => {
    const keys = remote();
    expect(await outcomes(times(1000, () => findKey(keys, 'good')))).toEqual({ found: 1000 });
    expect(server.requests()).toBe(1);
  });

  it('are looked up without a promise, also in vain, unless the issuer must be asked first', async () => {
    const keys = remote();
    expect(keys.find('good')).toBeInstanceOf(Promise);
    await keys.find('good');
    expect(keys.find('good')).toMatchObject({ keyId: 'good' });
    await keys.find('bad');
    expect(keys.find('bad')).toBeUndefined();
    expect(keys.find('bad too')).toBeUndefined();
    clock.advance(30);
    expect(keys.find('bad too')).toBeInstanceOf(Promise);
    await keys.find('bad too');
    expect(server.requests()).toBe(2);
  });

  it('are used without asking again until they are due', async () => {
    const keys = remote({ maxAgeSeconds: 600 });
    await keys.find('good');
    clock.advance(449);
    await keys.find('good');
    expect(server.requests()).toBe(1);
    clock.advance(152);
    await keys.find('good');
    expect(server.requests()).toBe(2);
  });

  it('do not grow old because the wall clock is set', async () => {
    const keys = remote();
    await keys.find('good');
    clock.set(clock.now() + 1e6);
    await keys.find('good');
    clock.set(0);
    await keys.find('good');
    expect(server.requests()).toBe(1);
  });

  it('are replaced as a whole: a key that is no longer published is refused', async () => {
    const keys = remote();
    await keys.find('good');
    publish(next.publicJwk);
    clock.advance(601);
    await expect(findKey(keys, 'good')).resolves.toBeUndefined();
    await expect(findKey(keys, 'next')).resolves.toMatchObject({ keyId: 'next' });
  });

  it('may lack a kid when there is only one, and the token names none', async () => {
    publish({ ...key.publicJwk, kid: undefined });
    await expect(findKey(remote(), undefined)).resolves.toMatchObject({ algorithm: 'ES256' });
  });

  it('are not guessed at when there are two and the token names none', async () => {
    publish(key.publicJwk, next.publicJwk);
    await expect(findKey(remote(), undefined)).resolves.toBeUndefined();
  });
});

describe('an unknown kid', () => {
  it('causes one fetch, and whoever asked gets the new key', async () => {
    const keys = remote();
    await keys.find('good');
    publish(key.publicJwk, next.publicJwk);
    clock.advance(30);
    await expect(findKey(keys, 'next')).resolves.toMatchObject({ keyId: 'next' });
    expect(server.requests()).toBe(2);
  });

  it('is unknown after one fetch', async () => {
    const keys = remote();
    await keys.find('good');
    clock.advance(30);
    await expect(findKey(keys, 'bad')).resolves.toBeUndefined();
    expect(server.requests()).toBe(2);
  });

  it('causes no fetch during the cool-down, on both sides of its end', async () => {
    const keys = remote({ cooldownSeconds: 30 });
    await keys.find('good');
    clock.advance(29.9);
    await keys.find('bad');
    expect(server.requests()).toBe(1);
    clock.advance(0.2);
    await keys.find('bad');
    expect(server.requests()).toBe(2);
  });

  it.each([
    ['the same unknown kid', () => 'bad'],
    ['different unknown kids', (index: number) => `bad-${String(index)}`],
  ])('causes one fetch per cool-down when 1,000 requests name %s', async (_what, kid) => {
    const keys = remote();
    await keys.find('good');
    for (const expected of [2, 3]) {
      clock.advance(30);
      const finds = times(1000, (index) => findKey(keys, kid(index)));
      const good = times(10, () => findKey(keys, 'good'));
      expect(await outcomes(finds)).toEqual({ key_unknown: 1000 });
      expect(await outcomes(times(1000, (index) => findKey(keys, kid(index))))).toEqual({
        key_unknown: 1000,
      });
      expect(await outcomes(good)).toEqual({ found: 10 });
      expect(server.requests()).toBe(expected);
    }
  });

  it('does not keep known keys waiting while it is looked for', async () => {
    const keys = remote();
    await keys.find('good');
    clock.advance(30);
    let release: (() => void) | undefined;
    server.answer((request, response) => {
      release = () => {
        json({ keys: [key.publicJwk] })(request, response);
      };
    });
    const unknown = findKey(keys, 'bad');
    await expect(findKey(keys, 'good')).resolves.toMatchObject({ keyId: 'good' });
    while (release === undefined) await new Promise((resolve) => setImmediate(resolve));
    release();
    await expect(unknown).resolves.toBeUndefined();
  });

  it('is not called unknown while the issuer cannot be asked: nobody can know', async () => {
    const keys = remote();
    await keys.find('good');
    clock.advance(30);
    server.answer(status(503));
    await expect(findKey(keys, 'bad')).rejects.toMatchObject({ code: 'keys_unavailable' });
    await expect(findKey(keys, 'good')).resolves.toMatchObject({ keyId: 'good' });
  });

  it('cannot be known during the whole cool-down when the set could not be fetched at its start', async () => {
    const keys = remote({ cooldownSeconds: 30 });
    await keys.find('good');
    clock.advance(30);
    server.answer(status(503));
    expect(await outcomes(times(50, (index) => findKey(keys, `bad-${String(index)}`)))).toEqual({
      keys_unavailable: 50,
    });
    clock.advance(29);
    await expect(findKey(keys, 'bad')).rejects.toMatchObject({
      code: 'keys_unavailable',
      retryAfterSeconds: 1,
    });
    expect(server.requests()).toBe(2);
    publish(key.publicJwk);
    clock.advance(1);
    await expect(findKey(keys, 'bad')).resolves.toBeUndefined();
  });

  it('cannot be known when the set is too old and the issuer cannot be asked', async () => {
    const keys = remote();
    await keys.find('good');
    server.answer(status(503));
    clock.advance(601);
    await expect(findKey(keys, 'bad')).rejects.toMatchObject({ code: 'keys_unavailable' });
  });

  it('is simply unknown during a cool-down that began with a good answer, although the issuer is down now', async () => {
    const keys = remote();
    await keys.find('good');
    server.answer(status(503));
    clock.advance(10);
    await expect(findKey(keys, 'bad')).resolves.toBeUndefined();
    expect(server.requests()).toBe(1);
  });
});

describe('an outage', () => {
  it('is one fetch per second while there are no keys at all, however many requests arrive', async () => {
    const keys = remote();
    server.answer(status(503));
    for (const expected of [1, 2, 3]) {
      expect(await outcomes(times(200, () => findKey(keys, 'good')))).toEqual({ keys_unavailable: 200 });
      expect(await outcomes(times(200, () => findKey(keys, 'good')))).toEqual({ keys_unavailable: 200 });
      expect(server.requests()).toBe(expected);
      clock.advance(1);
    }
  });

  it('is one fetch per cool-down while old keys are in use', async () => {
    const keys = remote({ cooldownSeconds: 30 });
    await keys.find('good');
    server.answer(status(503));
    clock.advance(601);
    expect(await outcomes(times(200, () => findKey(keys, 'good')))).toEqual({ found: 200 });
    clock.advance(29);
    expect(await outcomes(times(200, () => findKey(keys, 'good')))).toEqual({ found: 200 });
    expect(server.requests()).toBe(2);
  });

  it('leaves the old keys in use up to maxStaleSeconds, and no longer', async () => {
    const keys = remote({ maxStaleSeconds: 3600 });
    await keys.find('good');
    server.answer(status(503));
    clock.advance(3600);
    await expect(findKey(keys, 'good')).resolves.toMatchObject({ keyId: 'good' });
    clock.advance(0.1);
    await expect(findKey(keys, 'good')).rejects.toMatchObject({ code: 'keys_unavailable' });
  });

  it('ends within a second of the issuer answering again, also when the old keys are past use', async () => {
    const keys = remote({ maxStaleSeconds: 600 });
    await keys.find('good');
    server.answer(status(503));
    clock.advance(601);
    await expect(findKey(keys, 'good')).rejects.toMatchObject({
      code: 'keys_unavailable',
      retryAfterSeconds: 1,
    });
    publish(key.publicJwk);
    clock.advance(1);
    await expect(findKey(keys, 'good')).resolves.toMatchObject({ keyId: 'good' });
  });

  it('of one issuer does not touch another one', async () => {
    const slow = await startKeyServer(hang);
    try {
      const trust = [
        { name: 'slow', issuer: 'https://slow.service/', keys: { jwksUri: slow.jwksUri } },
        { name: 'herald', issuer: ISSUER, keys: { jwksUri: server.jwksUri } },
      ];
      const store = createTrustStore({ trust, clock, jwks: { timeoutMs: 60_000 } });
      const waiting = findKey(store.trusted('https://slow.service/').keys, 'good');
      await expect(findKey(store.trusted(ISSUER).keys, 'good')).resolves.toMatchObject({ keyId: 'good' });
      await slow.close();
      await expect(waiting).rejects.toMatchObject({ code: 'keys_unavailable' });
    } finally {
      await slow.close().catch(() => undefined);
    }
  });
});
