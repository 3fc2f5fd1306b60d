import { createFixedClock, type FixedClock } from '../../src/clock.js';
import { type IssuerKeys } from '../../src/jwks/issuer-keys.js';
import { type JwksOptions } from '../../src/jwks/jwks-options.js';
import { hold, json, startKeyServer, type KeyServer } from '../support/key-server.js';
import { findKey, remoteKeysOf } from '../support/remote-keys.js';
import { createSigningKey } from '../support/signing-key.js';
import { until } from '../support/until.js';

const key = await createSigningKey('ES256', 'good');
const next = await createSigningKey('ES256', 'next');

let server: KeyServer;
let clock: FixedClock;

beforeEach(async () => {
  server = await startKeyServer(json({ keys: [key.publicJwk] }));
  clock = createFixedClock();
});

afterEach(() => server.close());

function remote(options: JwksOptions = {}): IssuerKeys {
  return remoteKeysOf({ jwksUri: server.jwksUri, clock, warnings: [] }, options);
}

const publish = (...jwks: readonly object[]): void => server.answer(json({ keys: jwks }));

describe('unknown keys', () => {
  it('that a stranger guesses ahead, again and again, are accepted a cool-down after they are published at the latest', async () => {
    const keys = remote({ maxAgeSeconds: 86_400 });
    await keys.find('good');
    for (let second = 0; second < 3600; second++) {
      clock.advance(1);
      await expect(findKey(keys, 'next')).resolves.toBeUndefined();
    }
    publish(key.publicJwk, next.publicJwk);
    clock.advance(29.9);
    await expect(findKey(keys, 'next')).resolves.toBeUndefined();
    clock.advance(0.1);
    await expect(findKey(keys, 'next')).resolves.toMatchObject({ keyId: 'next' });
    // At the start, and once in every cool-down.
    expect(server.requests()).toBe(1 + 3630 / 30);
  });

  it('that a stranger guesses ahead are accepted as soon as another fetch brought them', async () => {
    const keys = remote({ cooldownSeconds: 3600, maxAgeSeconds: 600 });
    await keys.find('good');
    await expect(findKey(keys, 'next')).resolves.toBeUndefined();
    publish(key.publicJwk, next.publicJwk);
    clock.advance(511);
    await keys.find('good');
    await until(() => keys.status().ageSeconds === 0);
    await expect(findKey(keys, 'next')).resolves.toMatchObject({ keyId: 'next' });
    expect(server.requests()).toBe(2);
  });

  it('hold a new key up for no longer than the cool-down, however many there are and whenever they come', async () => {
    const keys = remote();
    await keys.find('good');
    clock.advance(30);
    const flood = async (): Promise<void> => {
      for (let index = 0; index < 2000; index++) await keys.find(`bad-${String(index)}`);
    };
    await flood();
    publish(key.publicJwk, next.publicJwk);
    for (const second of [10, 10, 9.9]) {
      clock.advance(second);
      await flood();
      await expect(findKey(keys, 'next')).resolves.toBeUndefined();
    }
    expect(server.requests()).toBe(2);
    clock.advance(0.1);
    await flood();
    await expect(findKey(keys, 'next')).resolves.toMatchObject({ keyId: 'next' });
    expect(server.requests()).toBe(3);
  });

  it('are accepted as soon as they are published, although they were unknown before', async () => {
    const keys = remote();
    await keys.find('good');
    clock.advance(30);
    await expect(findKey(keys, 'next')).resolves.toBeUndefined();
    publish(key.publicJwk, next.publicJwk);
    clock.advance(30);
    await expect(findKey(keys, 'next')).resolves.toMatchObject({ keyId: 'next' });
  });

  it('reach a replica that still has the old set after one fetch, and the other one without', async () => {
    const replicas = [remote(), remote()] as const;
    await replicas[0].find('good');
    publish(key.publicJwk, next.publicJwk);
    await replicas[1].find('good');
    clock.advance(31);
    const before = server.requests();
    for (const keys of replicas)
      await expect(findKey(keys, 'next')).resolves.toMatchObject({ keyId: 'next', algorithm: 'ES256' });
    expect(server.requests()).toBe(before + 1);
  });

  it('of which 1,000 different ones arrive while the issuer hangs keep good keys waiting for nothing', async () => {
    const keys = remote({ timeoutMs: 60_000 });
    await keys.find('good');
    clock.advance(30);
    const held = hold(server, json({ keys: [key.publicJwk] }));
    const unknown = Array.from({ length: 1000 }, (_, index) => findKey(keys, `bad-${String(index)}`));
    await held.arrived;
    await expect(findKey(keys, 'good')).resolves.toMatchObject({ keyId: 'good' });
    held.release();
    expect(new Set(await Promise.all(unknown))).toEqual(new Set([undefined]));
    expect(server.requests()).toBe(2);
  });
});
