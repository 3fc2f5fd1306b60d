import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../src/clock.js';
import { emptyBody } from '../src/inbound/wire-body.js';
import { createFakedProcess, type FakedProcess, type Faker, type Moment } from './support/faked-process.js';
import { hang, json, startKeyServer, type KeyServer } from './support/key-server.js';
import { createOwnKeys, published } from './support/own-keys.js';
import { createSigningKey } from './support/signing-key.js';
import { until } from './support/until.js';

const { jest } = import.meta;

type Core = typeof import('../src/index.js');

const HERALD = 'https://herald.service/';
const CENSUS = 'https://census.service/';
const key = await createSigningKey();
const loadedBefore = await import('../src/index.js');

let directory: string;
let server: KeyServer;
let faked: FakedProcess;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'countersign-faked-'));
  server = await startKeyServer(json({ keys: [key.publicJwk] }));
  faked = await createFakedProcess(directory);
});

afterAll(async () => {
  await server.close();
  await rm(directory, { recursive: true });
});

afterEach(() => void jest.useRealTimers());

/** Herald and census as that copy of core makes them; census fetches herald's keys. `call` is one call between them. */
async function twoServices({ createAuthorizer, createKeyStore, createVerifier }: Core) {
  const keyStore = await createKeyStore({ privateKeys: [key.privateJwk] });
  const authorizer = createAuthorizer({
    service: HERALD,
    destinations: [{ name: 'census', url: CENSUS, onBehalfOf: 'service', authorize: 'mint' }],
    keyStore,
  });
  const verifier = createVerifier({
    service: CENSUS,
    trust: [{ name: 'herald', issuer: HERALD, keys: { jwksUri: server.jwksUri } }],
  });
  return {
    async call(): Promise<string | undefined> {
      const sent = { method: 'POST', url: new URL('/user/', CENSUS), body: undefined };
      const { headers } = await authorizer.authorize(sent, undefined);
      const rawHeaders = headers.flatMap(({ name, value }) => [name, value]);
      const body = emptyBody({ hashMd5: false }).hashes;
      const authentication = await verifier.authenticate({ method: 'POST', url: '/user/', rawHeaders, body });
      await verifier.useOnce(authentication);
      return authentication.principal.caller.name;
    },
  };
}

const calls = (call: () => Promise<unknown>): Promise<readonly unknown[]> =>
  Promise.all(Array.from({ length: 30 }, call));
const answered = Array.from({ length: 30 }, () => 'herald');

const JEST = [
  ['the fakes of Jest', () => jest.useFakeTimers()],
  ['the old fakes of Jest', () => jest.useFakeTimers({ legacyFakeTimers: true })],
] as const;

describe.each(JEST)('under %s', (_name, fake) => {
  it('calls are signed and checked, and so are those that follow', async () => {
    const { call } = await twoServices(loadedBefore);
    const begun = calls(call);
    fake();
    expect(await begun).toEqual(answered);
    const begunWhileFaked = calls(call);
    jest.useRealTimers();
    expect(await begunWhileFaked).toEqual(answered);
    expect(await calls(call)).toEqual(answered);
  });

  it('calls are signed and checked although the package is loaded only then', async () => {
    fake();
    jest.resetModules();
    const { call } = await twoServices(await import('../src/index.js'));
    expect(await calls(call)).toEqual(answered);
    jest.useRealTimers();
    expect(await calls(call)).toEqual(answered);
  });

  it('a token cache, a signer and a key server that do not answer are waited for no longer than otherwise', async () => {
    fake();
    const never = () => new Promise<never>(() => undefined);
    const { createAuthorizer, createKeyStore, createVerifier } = loadedBefore;
    const keyStore = await createKeyStore({ privateKeys: [key.privateJwk] });
    const authorizer = createAuthorizer({
      service: HERALD,
      destinations: [{ name: 'census', url: CENSUS, onBehalfOf: 'service', authorize: 'mint' }],
      keyStore,
      tokenCache: { get: never, set: never },
    });
    const read = { method: 'GET', url: new URL('/user/', CENSUS), body: undefined };
    await expect(authorizer.authorize(read, undefined)).resolves.toMatchObject({
      issued: { claims: { keyId: key.kid } },
    });
    const signers = [{ publicKey: key.publicJwk, sign: never }];
    await expect(createKeyStore({ signers, timeoutMs: 100 })).rejects.toThrow('within 100 ms');
    const silent = await startKeyServer(hang);
    const trust = [{ name: 'herald', issuer: HERALD, keys: { jwksUri: silent.jwksUri } }];
    const verifier = createVerifier({ service: CENSUS, trust, jwks: { timeoutMs: 60_000 } });
    await expect(verifier.hydrate({ timeoutMs: 100 })).resolves.toMatchObject([{ hasKeys: false }]);
    await silent.close();
  });

  it('a key directory is followed', async () => {
    const own = await createOwnKeys();
    fake();
    const store = await own.open({ rereadSeconds: 0.1 });
    await own.keys.prepare();
    await until(() => published(store).length === 2);
    await own.close();
  });
});

describe('while a test has faked the timers, and afterwards', () => {
  it('the time of day is the faked one, and how long ago something was is not', () => {
    const before = systemClock.monotonic();
    jest.useFakeTimers({ now: 1_767_225_600_000 });
    jest.advanceTimersByTime(3_600_000);
    expect(systemClock.now()).toBe(1_767_229_200);
    expect(systemClock.monotonic()).toBeGreaterThanOrEqual(before);
    expect(systemClock.monotonic()).toBeLessThan(before + 3600);
  });

  it.each<[Faker, Moment]>([
    ['sinon', 'before'],
    ['sinon', 'during'],
    ['vitest', 'before'],
    ['vitest', 'during'],
    ['node:test', 'before'],
    ['node:test', 'during'],
  ])('calls are signed and checked: by %s, installed %s', async (faker, moment) => {
    await expect(faked.run(faker, moment)).resolves.toEqual([
      'begun before',
      'while faked',
      'begun while faked',
      'afterwards',
    ]);
  });
});
