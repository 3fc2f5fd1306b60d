import { createFixedClock } from '../../src/clock.js';
import { createVerifier } from '../../src/inbound/verifier.js';
import { type TrustedKeys, type TrustRecord } from '../../src/trust/trust-record.js';
import { createTrustStore } from '../../src/trust/trust-store.js';
import { hang, json, startKeyServer, status, type KeyServer } from '../support/key-server.js';
import { createSigningKey } from '../support/signing-key.js';
import { findKey } from '../support/remote-keys.js';

const key = await createSigningKey('ES256', 'good');
const inline = await createSigningKey('ES256', 'inline');
const late = await createSigningKey('ES256', 'late');

let servers: KeyServer[] = [];
const start = async (...args: Parameters<typeof startKeyServer>): Promise<KeyServer> => {
  const server = await startKeyServer(...args);
  servers.push(server);
  return server;
};

afterEach(async () => {
  await Promise.all(servers.map((server) => server.close()));
  servers = [];
});

const record = (name: string, keys: TrustedKeys): TrustRecord => ({
  name,
  issuer: `https://${name}.service/`,
  keys,
});

describe('at start', () => {
  it('all key sets are fetched at once, and the service starts although issuers are down', async () => {
    const good = await start(json({ keys: [key.publicJwk] }));
    const down = await start(status(500));
    const slow = await start(hang);
    const trust = [
      record('inline', { jwks: { keys: [inline.publicJwk] } }),
      record('good', { jwksUri: good.jwksUri }),
      record('down', { jwksUri: down.jwksUri }),
      record('slow', { jwksUri: slow.jwksUri }),
    ];
    const clock = createFixedClock();
    const store = createTrustStore({ trust, clock, jwks: { timeoutMs: 60_000 } });
    const hydrated = await store.hydrate({ timeoutMs: 3000 });
    expect(hydrated.map(({ name, hasKeys }) => [name, hasKeys])).toEqual([
      ['inline', true],
      ['good', true],
      ['down', false],
      ['slow', false],
    ]);
    await expect(findKey(store.trusted('https://good.service/').keys, 'good')).resolves.toBeDefined();
    expect(servers.map((server) => server.requests())).toEqual([1, 1, 1]);
    down.answer(json({ keys: [late.publicJwk] }));
    clock.advance(1);
    await expect(findKey(store.trusted('https://down.service/').keys, 'late')).resolves.toBeDefined();
  });

  it('keys that are there are not fetched again', async () => {
    const good = await start(json({ keys: [key.publicJwk] }));
    const trust = [record('good', { jwksUri: good.jwksUri })];
    const verifier = createVerifier({ service: 'https://census.service/', trust });
    const expected = [{ name: 'good', issuer: 'https://good.service/', hasKeys: true }];
    await expect(verifier.hydrate()).resolves.toEqual(expected);
    await expect(verifier.hydrate()).resolves.toEqual(expected);
    expect(good.requests()).toBe(1);
  });

  it('a fetch that failed keeps no request waiting: the first one asks again at once, and only the first', async () => {
    const late = await start(status(503));
    const store = createTrustStore({
      trust: [record('late', { jwksUri: late.jwksUri })],
      clock: createFixedClock(),
    });
    await store.hydrate();
    const { keys } = store.trusted('https://late.service/');
    const finds = [1, 2, 3].map(() => findKey(keys, 'good'));
    for (const find of finds) await expect(find).rejects.toMatchObject({ code: 'keys_unavailable' });
    await expect(findKey(keys, 'good')).rejects.toMatchObject({
      code: 'keys_unavailable',
      retryAfterSeconds: 1,
    });
    expect(late.requests()).toBe(2);
  });

  it('requests that come while a fetch fails which nobody waited for get the keys by one more', async () => {
    const late = await start(hang);
    let refuse = (): void => undefined;
    late.answer((request) => {
      refuse = () => void request.socket.destroy();
    });
    const trust = [record('late', { jwksUri: late.jwksUri })];
    const store = createTrustStore({ trust, clock: createFixedClock() });
    const hydrated = store.hydrate();
    const { keys } = store.trusted('https://late.service/');
    const finds = Array.from({ length: 100 }, () => findKey(keys, 'good'));
    while (late.requests() === 0) await new Promise((resolve) => setImmediate(resolve));
    late.answer(json({ keys: [key.publicJwk] }));
    refuse();
    await expect(hydrated).resolves.toMatchObject([{ hasKeys: false }]);
    for (const find of finds) await expect(find).resolves.toMatchObject({ keyId: 'good' });
    expect(late.requests()).toBe(2);
  });

  it('the first request by a key that is newer still causes one fetch, and no second one', async () => {
    const server = await start(json({ keys: [key.publicJwk] }));
    const trust = [record('early', { jwksUri: server.jwksUri })];
    const store = createTrustStore({ trust, clock: createFixedClock() });
    await store.hydrate();
    const { keys } = store.trusted('https://early.service/');
    server.answer(json({ keys: [key.publicJwk, { ...key.publicJwk, kid: 'newer' }] }));
    await expect(findKey(keys, 'newer')).resolves.toMatchObject({ keyId: 'newer' });
    for (const kid of ['bad-1', 'bad-2']) await expect(findKey(keys, kid)).resolves.toBeUndefined();
    expect(server.requests()).toBe(2);
  });

  it('may be repeated: it asks for what is missing once a second at most, and for what is due', async () => {
    const server = await start(status(503));
    const clock = createFixedClock();
    const store = createTrustStore({ trust: [record('late', { jwksUri: server.jwksUri })], clock });
    for (let time = 0; time < 5; time++) await store.hydrate();
    expect(server.requests()).toBe(2);
    server.answer(json({ keys: [key.publicJwk] }));
    clock.advance(1);
    await expect(store.hydrate()).resolves.toMatchObject([{ hasKeys: true }]);
    clock.advance(550);
    await store.hydrate();
    while (server.requests() < 4) await new Promise((resolve) => setImmediate(resolve));
  });

  it('a limit that is none is refused', async () => {
    const store = createTrustStore({ trust: [record('good', { jwks: { keys: [key.publicJwk] } })] });
    await expect(store.hydrate({ timeoutMs: 0 })).rejects.toThrow('hydrate.timeoutMs must be a number');
  });
});
