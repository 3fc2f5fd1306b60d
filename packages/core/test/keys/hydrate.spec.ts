import { createFixedClock } from '../../src/clock.js';
import { createVerifier } from '../../src/inbound/verifier.js';
import { type TrustedKeys, type TrustRecord } from '../../src/keys/trust-record.js';
import { createTrustStore } from '../../src/keys/trust-store.js';
import { hang, json, startKeyServer, status, type KeyServer } from '../support/key-server.js';
import { createSigningKey } from '../support/signing-key.js';

const key = await createSigningKey('ES256', 'good');

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
      record('inline', { jwks: { keys: [{ ...key.publicJwk, kid: 'inline' }] } }),
      record('good', { jwksUri: good.jwksUri }),
      record('down', { jwksUri: down.jwksUri }),
      record('slow', { jwksUri: slow.jwksUri }),
    ];
    const clock = createFixedClock();
    const store = createTrustStore({ trust, clock, jwks: { timeoutMs: 60_000 } });
    const hydrated = await store.hydrate({ timeoutMs: 300 });
    expect(hydrated.map(({ name, hasKeys }) => [name, hasKeys])).toEqual([
      ['inline', true],
      ['good', true],
      ['down', false],
      ['slow', false],
    ]);
    await expect(store.trusted('https://good.service/').keys.find('good')).resolves.toBeDefined();
    expect(servers.map((server) => server.requests())).toEqual([1, 1, 1]);
    down.answer(json({ keys: [key.publicJwk] }));
    clock.advance(1);
    await expect(store.trusted('https://down.service/').keys.find('good')).resolves.toBeDefined();
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

  it('a limit that is none is refused', async () => {
    const store = createTrustStore({ trust: [record('good', { jwks: { keys: [key.publicJwk] } })] });
    await expect(store.hydrate({ timeoutMs: 0 })).rejects.toThrow('hydrate.timeoutMs must be a number');
  });
});
