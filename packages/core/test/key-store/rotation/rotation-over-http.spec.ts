import { randomUUID } from 'node:crypto';
import { CountersignError } from '../../../src/errors.js';
import { type OpenKeyStore } from '../../../src/signing-keys/key-store.js';
import { createVerifier, type Verifier } from '../../../src/inbound/verifier.js';
import { signToken } from '../../../src/signing-keys/sign-token.js';
import { startKeyServer, type KeyServer } from '../../support/key-server.js';
import { createOwnKeys, type OwnKeys } from '../../support/own-keys.js';
import { arrive, outboundCall } from '../../support/service.js';

const HERALD = 'https://herald.service/';
const CENSUS = 'https://census.service/';

let own: OwnKeys;
let store: OpenKeyStore;
let server: KeyServer;
/** For each token by a key that was not in the set: whether a fetch brought it. */
let unknownKeys: boolean[];

/** Herald publishes what its key store says, and for how long it may be kept. */
beforeEach(async () => {
  own = await createOwnKeys();
  unknownKeys = [];
  store = await own.open();
  server = await startKeyServer((_request, response) => {
    response.setHeader('Cache-Control', `public, max-age=${String(store.verifierCacheSeconds)}`);
    response.end(JSON.stringify(store.publicKeys()));
  });
});

afterEach(async () => {
  await server.close();
  await own.close();
});

/** A replica of census, which trusts herald. */
function replica(): Verifier {
  const record = { name: 'herald', issuer: HERALD, keys: { jwksUri: server.jwksUri }, scopes: ['user:read'] };
  return createVerifier({
    service: CENSUS,
    trust: [record],
    clock: own.clock,
    onKeyEvent(event) {
      if (event.type === 'unknown_key') unknownKeys.push(event.found);
    },
  });
}

function mint(): Promise<string> {
  const iat = Math.floor(own.clock.now());
  const claims = {
    iss: HERALD,
    sub: HERALD,
    aud: CENSUS,
    iat,
    exp: iat + 300,
    jti: randomUUID(),
    scope: 'user:read',
  };
  return signToken(claims, 'svc+jwt', store.signer());
}

async function outcome(verifier: Verifier, token: string): Promise<string> {
  const call = outboundCall('http://127.0.0.1:4001/user/21/');
  const headers = [{ name: 'Authorization', value: `Bearer ${token}` }] as const;
  return arrive(verifier, call, headers).then(
    () => 'accepted',
    (fault: unknown) => (fault instanceof CountersignError ? fault.code : 'an unknown error'),
  );
}

it('traffic runs across a whole rotation: nothing is refused, and no replica asks for an unknown key', async () => {
  const replicas = [replica(), replica(), replica()];
  const tokens: { readonly token: string; readonly until: number }[] = [];
  const seen = new Set<string>();
  for (let second = 0; second < 4000; second += 40) {
    own.clock.advance(40);
    await own.keys.rotate({ everySeconds: 1200 });
    await store.reload();
    tokens.push({ token: await mint(), until: own.clock.now() + 300 });
    seen.add(store.signer().keyId);
    for (const verifier of replicas)
      for (const { token } of tokens.filter(({ until }) => until > own.clock.now()))
        expect(await outcome(verifier, token)).toBe('accepted');
  }
  expect(seen.size).toBe(4);
  expect(unknownKeys).toEqual([]);
  expect(own.warnings).toEqual([]);
});

it('a key that signs before it was published costs each replica one fetch, and no request', async () => {
  const replicas = [replica(), replica()];
  for (const verifier of replicas) expect(await outcome(verifier, await mint())).toBe('accepted');
  own.clock.advance(31);
  await own.keys.prepare();
  await own.keys.activate({ force: true });
  await store.reload();
  const before = server.requests();
  for (const verifier of replicas)
    for (let time = 0; time < 5; time += 1) expect(await outcome(verifier, await mint())).toBe('accepted');
  expect(server.requests() - before).toBe(2);
  expect(unknownKeys).toEqual([true, true]);
});

it('a token by the new key passes where the new set is known already, and where it is not', async () => {
  const [informed, other] = [replica(), replica()];
  expect(await outcome(other, await mint())).toBe('accepted');
  own.clock.advance(31);
  await own.keys.prepare();
  await store.reload();
  expect(await outcome(informed, await mint())).toBe('accepted');
  await own.keys.activate({ force: true });
  await store.reload();
  const before = server.requests();
  const token = await mint();
  expect(await outcome(informed, token)).toBe('accepted');
  expect(server.requests() - before).toBe(0);
  expect(await outcome(other, token)).toBe('accepted');
  expect(server.requests() - before).toBe(1);
});

it('a key that is retired by force takes its living tokens with it', async () => {
  const verifier = replica();
  const token = await mint();
  await own.keys.prepare();
  await own.keys.activate({ force: true });
  await expect(own.keys.retire()).rejects.toMatchObject({ code: 'rotation_too_early' });
  await own.keys.retire({ force: true });
  await store.reload();
  expect(await outcome(verifier, token)).toBe('key_unknown');
});

it('the tokens of a revoked key are refused on every replica when its set is old, recalled ones too', async () => {
  const replicas = [replica(), replica()];
  const token = await mint();
  for (const verifier of replicas)
    for (let time = 0; time < 2; time += 1) expect(await outcome(verifier, token)).toBe('accepted');
  await own.keys.revoke({ keyId: store.signer().keyId });
  await store.reload();
  own.clock.advance(299);
  // The set is due: this request starts the fetch, and still goes by the old keys or the new ones.
  for (const verifier of replicas) await outcome(verifier, token);
  own.clock.advance(1);
  for (const verifier of replicas) {
    expect(await outcome(verifier, await mint())).toBe('accepted');
    expect(await outcome(verifier, token)).toBe('key_unknown');
  }
});
