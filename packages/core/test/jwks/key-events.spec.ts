import { type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo } from 'node:net';
import { createFixedClock, type FixedClock } from '../../src/clock.js';
import { type KeyEvent } from '../../src/jwks/key-events.js';
import { type JwksOptions } from '../../src/jwks/jwks-options.js';
import { createTrustStore, type TrustStore } from '../../src/trust/trust-store.js';
import { hang, json, startKeyServer, status, text, type KeyServer } from '../support/key-server.js';
import { findKey, ISSUER } from '../support/remote-keys.js';
import { selfSigned } from '../support/self-signed.js';
import { createSigningKey } from '../support/signing-key.js';

const key = await createSigningKey('ES256', 'good');
const next = await createSigningKey('ES256', 'next');
const secret = { kty: 'oct', k: 'AAAA', kid: 'secret' };

let server: KeyServer;
let clock: FixedClock;
let events: KeyEvent[];

beforeEach(async () => {
  server = await startKeyServer(json({ keys: [key.publicJwk] }));
  clock = createFixedClock();
  events = [];
});

afterEach(() => server.close());

function storeOf(jwksUri = server.jwksUri, jwks: JwksOptions = {}): TrustStore {
  return createTrustStore({
    trust: [{ name: 'herald', issuer: ISSUER, keys: { jwksUri } }],
    jwks: { timeoutMs: 2000, ...jwks },
    clock,
    onKeyEvent: (event) => events.push(event),
  });
}

const find = (store: TrustStore, keyId = 'good') => findKey(store.trusted(ISSUER).keys, keyId);
const herald = (store: TrustStore) => store.keyStatus()[0];

describe('whoever counts is told', () => {
  it('that a set was fetched, how long it took, and how many of its keys were refused', async () => {
    server.answer((request, response) => {
      clock.advance(0.25);
      json({ keys: [key.publicJwk, secret, next.publicJwk] })(request, response);
    });
    await find(storeOf());
    expect(events).toEqual([{ type: 'fetched', name: 'herald', durationMs: 250, keys: 2, refusedKeys: 1 }]);
  });

  it('that a fetch failed, and whether old keys are in use meanwhile', async () => {
    const store = storeOf();
    await find(store);
    server.answer(status(500));
    clock.advance(601);
    await find(store);
    clock.advance(86_400);
    await expect(find(store)).rejects.toMatchObject({ code: 'keys_unavailable' });
    const failed = { type: 'fetch_failed', name: 'herald', durationMs: 0, reason: 'unusable_answer' };
    expect(events.slice(1)).toEqual([
      { ...failed, servesOldKeys: true },
      { ...failed, servesOldKeys: false },
    ]);
  });

  it('of each token that names a key which is not in the set, and of nothing that the token says', async () => {
    const store = storeOf();
    await find(store);
    for (const kid of ['bad-1', 'bad-2']) await find(store, kid);
    server.answer(json({ keys: [key.publicJwk, next.publicJwk] }));
    clock.advance(30);
    await find(store, 'next');
    expect(events.filter(({ type }) => type === 'unknown_key')).toEqual([
      { type: 'unknown_key', name: 'herald', found: false },
      { type: 'unknown_key', name: 'herald', found: false },
      { type: 'unknown_key', name: 'herald', found: true },
    ]);
    expect(JSON.stringify(events)).not.toMatch(/bad-|next|good/);
  });

  it('of nothing while known keys are used', async () => {
    const store = storeOf();
    for (let time = 0; time < 100; time++) await find(store);
    expect(events).toHaveLength(1);
  });

  it('and may throw: the keys are used all the same', async () => {
    const store = createTrustStore({
      trust: [{ name: 'herald', issuer: ISSUER, keys: { jwksUri: server.jwksUri } }],
      clock,
      onKeyEvent: () => {
        throw new Error('no connection to the metrics');
      },
    });
    await expect(find(store)).resolves.toMatchObject({ keyId: 'good' });
    await expect(find(store, 'bad')).resolves.toBeUndefined();
    server.answer(status(500));
    clock.advance(601);
    await expect(find(store)).resolves.toMatchObject({ keyId: 'good' });
  });
});

describe('the reason of a failed fetch', () => {
  const unusable: readonly (readonly [string, RequestListener])[] = [
    ['an error', status(500)],
    ['a redirect', status(302, {}, { location: 'https://attacker.test/' })],
    ['an HTML page', text('<html>', 'text/html')],
    ['more octets than maxBytes', text('x'.repeat(5000))],
    ['a set without one usable key', json({ keys: [secret] })],
  ];

  it.each(unusable)('is an unusable answer for %s', async (_what, answer) => {
    server.answer(answer);
    await expectFailure(storeOf(server.jwksUri, { maxBytes: 1024 }), 'unusable_answer');
  });

  it('is a timeout when the issuer hangs', async () => {
    server.answer(hang);
    await expectFailure(storeOf(server.jwksUri, { timeoutMs: 50 }), 'timeout');
  });

  it('is that the issuer cannot be reached when it refuses or breaks the connection, or has no address', async () => {
    server.answer((request) => request.socket.destroy());
    await expectFailure(storeOf(), 'unreachable');
    const gone = await startKeyServer(hang);
    await gone.close();
    await expectFailure(storeOf(gone.jwksUri), 'unreachable');
    await expectFailure(storeOf('https://nowhere.invalid/jwks.json', { timeoutMs: 30_000 }), 'unreachable');
  });

  it('is that it cannot be reached when nobody vouches for its TLS certificate, whose keys are not used', async () => {
    const impostor = createTlsServer(selfSigned('127.0.0.1'), json({ keys: [key.publicJwk] }));
    await new Promise<void>((resolve) => impostor.listen(0, '127.0.0.1', resolve));
    const { port } = impostor.address() as AddressInfo;
    try {
      await expectFailure(storeOf(`https://127.0.0.1:${String(port)}/jwks.json`), 'unreachable');
    } finally {
      impostor.closeAllConnections();
      await new Promise((resolve) => impostor.close(resolve));
    }
  });

  async function expectFailure(store: TrustStore, reason: string): Promise<void> {
    await expect(find(store)).rejects.toMatchObject({ code: 'keys_unavailable', retryAfterSeconds: 1 });
    expect(herald(store)).toEqual({
      name: 'herald',
      issuer: ISSUER,
      state: 'none',
      keys: 0,
      lastFailure: reason,
    });
    expect(events.at(-1)).toMatchObject({ type: 'fetch_failed', reason });
  }
});

describe('the status of the keys', () => {
  it('is none, without a failure, before they are needed', () => {
    expect(storeOf().keyStatus()).toEqual([{ name: 'herald', issuer: ISSUER, state: 'none', keys: 0 }]);
    expect(server.requests()).toBe(0);
  });

  it('is fresh when the last fetch brought them, with their age', async () => {
    const store = storeOf();
    await find(store);
    clock.advance(100);
    expect(herald(store)).toMatchObject({ state: 'fresh', ageSeconds: 100, keys: 1 });
    expect(herald(store)).not.toHaveProperty('lastFailure');
  });

  it('is old while the last good set is in use because the issuer fails, and fresh again afterwards', async () => {
    const store = storeOf();
    await find(store);
    server.answer(status(503));
    clock.advance(601);
    await find(store);
    expect(herald(store)).toMatchObject({ state: 'old', ageSeconds: 601, lastFailure: 'unusable_answer' });
    server.answer(json({ keys: [key.publicJwk, next.publicJwk] }));
    clock.advance(30);
    await find(store, 'next');
    expect(herald(store)).toMatchObject({ state: 'fresh', ageSeconds: 0, keys: 2 });
  });

  it('is none again when maxStaleSeconds have passed', async () => {
    const store = storeOf(server.jwksUri, { maxStaleSeconds: 600 });
    await find(store);
    clock.advance(601);
    expect(herald(store)).toEqual({ name: 'herald', issuer: ISSUER, state: 'none', keys: 0 });
  });

  it('is always fresh for an inline set, which has no age', () => {
    const jwks = { keys: [key.publicJwk] };
    const store = createTrustStore({ trust: [{ name: 'herald', issuer: ISSUER, keys: { jwks } }] });
    expect(herald(store)).toEqual({ name: 'herald', issuer: ISSUER, state: 'fresh', keys: 1 });
  });
});
