import { type FixedClock } from '../../src/clock.js';
import { type IssuerKeys } from '../../src/jwks/issuer-keys.js';
import { createTrustStore } from '../../src/trust/trust-store.js';
import { hang, hold, json, status, text, type KeyServer } from '../support/key-server.js';
import { findKey, ISSUER, useKeyServer, type UsedKeyServer } from '../support/remote-keys.js';
import { createSigningKey } from '../support/signing-key.js';
import { until } from '../support/until.js';

const key = await createSigningKey('ES256', 'good');
const next = await createSigningKey('ES256', 'next');

let server: KeyServer;
let clock: FixedClock;
let warnings: string[];
let remote: UsedKeyServer['remote'];
let publish: UsedKeyServer['publish'];

useKeyServer(key.publicJwk, (used) => {
  ({ server, clock, warnings, remote, publish } = used);
});

/** Whether its set was fetched since the clock was last moved. */
const isNew = (keys: IssuerKeys): boolean => keys.status().ageSeconds === 0;

describe('the refresh in the background', () => {
  it('begins between 75 % and 85 % of the age of the set, when a request comes, and that request does not wait', async () => {
    const keys = remote({ maxAgeSeconds: 600 });
    await keys.find('good');
    clock.advance(449);
    const early = hold(server, json({ keys: [next.publicJwk] }));
    await keys.find('good');
    clock.advance(61);
    await expect(findKey(keys, 'good')).resolves.toMatchObject({ keyId: 'good' });
    await early.arrived;
    await expect(findKey(keys, 'good')).resolves.toMatchObject({ keyId: 'good' });
    expect([server.requests(), keys.status().ageSeconds]).toEqual([2, 510]);
    early.release();
    await until(() => isNew(keys));
    await expect(findKey(keys, 'good')).resolves.toBeUndefined();
    await expect(findKey(keys, 'next')).resolves.toMatchObject({ keyId: 'next' });
    expect(server.requests()).toBe(2);
  });

  it('is one fetch for 1,000 requests', async () => {
    const keys = remote();
    await keys.find('good');
    clock.advance(550);
    await Promise.all(Array.from({ length: 1000 }, () => findKey(keys, 'good')));
    await until(() => isNew(keys));
    expect(server.requests()).toBe(2);
  });

  it('is waited for only when nobody came before the set was too old: a removed key must not be used for ever', async () => {
    const keys = remote();
    await keys.find('good');
    publish(next.publicJwk);
    clock.advance(100_000 / 2);
    await expect(findKey(keys, 'good')).resolves.toBeUndefined();
  });

  it('keeps no request waiting during an outage, although the issuer hangs', async () => {
    const keys = remote({ timeoutMs: 60_000 });
    await keys.find('good');
    clock.advance(550);
    server.answer(hang);
    await keys.find('good');
    await until(() => server.requests() === 2);
    await expect(findKey(keys, 'good')).resolves.toMatchObject({ keyId: 'good' });
  });

  it('backs off while it fails: each wait is twice the one before, up to half of the age, and a quarter more at most', async () => {
    const keys = remote({ maxAgeSeconds: 600, cooldownSeconds: 30 });
    await keys.find('good');
    server.answer(status(500));
    clock.advance(550);
    let failures = 0;
    let ours = 0;
    const fail = async (): Promise<void> => {
      await keys.find('good');
      failures++;
      await until(() => warnings.length === failures);
    };
    await fail();
    for (const wait of [30, 60, 120, 240, 300, 300]) {
      clock.advance(wait - 0.1);
      await keys.find('good');
      // Ours arrives after one that `find` may have caused.
      await (await fetch(server.jwksUri)).arrayBuffer();
      ours++;
      expect(server.requests()).toBe(failures + 1 + ours);
      clock.advance(wait / 4 + 0.2);
      await fail();
      expect(server.requests()).toBe(failures + 1 + ours);
    }
    publish(next.publicJwk);
    clock.advance(376);
    await keys.find('good');
    await until(() => isNew(keys));
    await expect(findKey(keys, 'next')).resolves.toMatchObject({ keyId: 'next' });
  });

  it('follows the max-age of the answer', async () => {
    server.answer(status(200, { keys: [key.publicJwk] }, { 'cache-control': 'max-age=0' }));
    const keys = remote({ maxAgeSeconds: 600 });
    await keys.find('good');
    server.answer(
      status(200, { keys: [key.publicJwk] }, { 'cache-control': 'max-age=99999999999999999999' }),
    );
    clock.advance(44);
    await keys.find('good');
    clock.advance(8);
    await keys.find('good');
    await until(() => isNew(keys));
    clock.advance(64_000);
    await keys.find('good');
    expect(server.requests()).toBe(2);
    publish(key.publicJwk);
    clock.advance(10_000);
    await keys.find('good');
    await until(() => isNew(keys));
  });

  it('begins before the set is too old to be used, whatever the answer says', async () => {
    server.answer(status(200, { keys: [key.publicJwk] }, { 'cache-control': 'max-age=86400' }));
    const keys = remote({ maxStaleSeconds: 3600 });
    await keys.find('good');
    clock.advance(3100);
    await keys.find('good');
    await until(() => isNew(keys));
  });

  it.each([
    ['an encryption key', { ...key.publicJwk, use: 'enc' }],
    ['a secret key', { kty: 'oct', k: 'AAAA', kid: 'good' }],
    ['a private key', key.privateJwk],
    ['a key of another curve', { ...key.publicJwk, crv: 'secp256k1' }],
    ['a key without coordinates', { kty: 'EC', crv: 'P-256', kid: 'good' }],
    ['a key with an unknown alg', { ...key.publicJwk, alg: 'ES256K' }],
    ['no object', 'good'],
  ])('does not replace a good set by one that holds nothing but %s', async (_what, jwk) => {
    const keys = remote();
    await keys.find('good');
    server.answer(json({ keys: [jwk] }));
    clock.advance(601);
    await expect(findKey(keys, 'good')).resolves.toMatchObject({ keyId: 'good', algorithm: 'ES256' });
    expect([keys.status().state, warnings.length, server.requests()]).toEqual(['old', 1, 2]);
  });

  it('leaves out one bad key among good ones', async () => {
    publish({ kty: 'oct', k: 'AAAA', kid: 'bad' }, key.publicJwk, next.publicJwk);
    const keys = remote();
    await expect(findKey(keys, 'next')).resolves.toMatchObject({ keyId: 'next' });
    await expect(findKey(keys, 'bad')).resolves.toBeUndefined();
    expect(warnings).toEqual([`key set of ${ISSUER}: keys[0] is left out: it is a secret key`]);
  });

  it('is not undone by a log that fails', async () => {
    const store = createTrustStore({
      trust: [{ name: 'herald', issuer: ISSUER, keys: { jwksUri: server.jwksUri } }],
      clock,
      onWarning: () => {
        throw new Error('disk full');
      },
    });
    const { keys } = store.trusted(ISSUER);
    await keys.find('good');
    server.answer(text('<html>'));
    clock.advance(550);
    await keys.find('good');
    await until(() => server.requests() === 2);
    clock.advance(51);
    await expect(findKey(keys, 'good')).resolves.toMatchObject({ keyId: 'good' });
  });
});

describe('a request that goes away while the keys are fetched', () => {
  it('leaves the fetch alone: its answer is kept for the others', async () => {
    const keys = remote();
    const held = hold(server, json({ keys: [key.publicJwk] }));
    const caller = new AbortController();
    const gone = new Promise((_, reject) => {
      caller.signal.addEventListener('abort', () => reject(new Error('gone')));
    });
    const request = Promise.race([findKey(keys, 'good'), gone]);
    await held.arrived;
    caller.abort();
    await expect(request).rejects.toThrow('gone');
    held.release();
    await until(() => keys.status().state === 'fresh');
    await expect(findKey(keys, 'good')).resolves.toMatchObject({ keyId: 'good' });
    expect(server.requests()).toBe(1);
  });
});
