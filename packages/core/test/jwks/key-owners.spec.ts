import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFixedClock, type FixedClock } from '../../src/clock.js';
import { createVerifier } from '../../src/inbound/verifier.js';
import { type TrustedKeys, type TrustRecord } from '../../src/trust/trust-record.js';
import { createTrustStore, type TrustStore } from '../../src/trust/trust-store.js';
import { startDescribedIssuer, type DescribedIssuer } from '../support/described-issuer.js';
import { json, startKeyServer, type KeyServer } from '../support/key-server.js';
import { authenticated, codeOf, inboundRequest } from '../support/scene.js';
import { createSigningKey, signingKeyOf, type SigningKey } from '../support/signing-key.js';
import { findKey } from '../support/remote-keys.js';

const HERALD = 'https://herald.service/';
const LEDGER = 'https://ledger.service/';
const SERVICE = 'https://census.service/';

const [shared, own, ofHerald] = await Promise.all(
  ['1', 'own', 'herald'].map((kid) => createSigningKey('ES256', kid)),
);
/** The same key under another name. */
const alias = await signingKeyOf(shared!.privateKey, 'ES256', 'alias');

let clock: FixedClock;
let warnings: string[];
let servers: readonly KeyServer[];
let issuer: DescribedIssuer;

beforeEach(async () => {
  clock = createFixedClock();
  warnings = [];
  servers = await Promise.all([1, 2].map(() => startKeyServer(json({ keys: [shared!.publicJwk] }))));
  issuer = await startDescribedIssuer(alias.publicJwk);
});
afterEach(() => Promise.all([...servers, issuer].map((server) => server.close())));

const inline = (...keys: readonly SigningKey[]): TrustedKeys => ({
  jwks: { keys: keys.map((key) => key.publicJwk) },
});
const remote = (index: number): TrustedKeys => ({ jwksUri: servers[index]!.jwksUri });
const publish = (index: number, ...keys: readonly SigningKey[]): void =>
  servers[index]!.answer(json({ keys: keys.map((key) => key.publicJwk) }));

function recordsOf(herald: TrustedKeys, ledger: TrustedKeys): readonly TrustRecord[] {
  return [
    { name: 'herald', issuer: HERALD, keys: herald },
    { name: 'ledger', issuer: LEDGER, keys: ledger },
  ];
}

function storeOf(herald: TrustedKeys, ledger: TrustedKeys): TrustStore {
  const onWarning = (message: string): void => void warnings.push(message);
  return createTrustStore({ trust: recordsOf(herald, ledger), clock, onWarning, jwks: { timeoutMs: 2000 } });
}

const keyOf = (store: TrustStore, issuer: string, kid: string): Promise<unknown> =>
  findKey(store.trusted(issuer).keys, kid);

describe('a service does not start with one key for two issuers', () => {
  it('in two inline sets, under whichever names', () => {
    for (const [herald, ledger] of [
      [inline(shared!), inline(shared!)],
      [inline(shared!), inline(alias)],
      [inline(ofHerald!, shared!), inline(own!, alias)],
    ] as const)
      expect(() => storeOf(herald, ledger)).toThrow(
        /^trust\[1\]\.keys\.jwks holds the key "(1|alias)", which is a key of herald too/,
      );
  });

  it('in an inline set and in a file, or in two files', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'countersign-owners-'));
    const [one, other] = ['one', 'other'].map((name) => ({ jwksFile: join(directory, `${name}.json`) }));
    await writeFile(one!.jwksFile, JSON.stringify({ keys: [shared!.publicJwk] }));
    await writeFile(other!.jwksFile, JSON.stringify([alias.publicJwk]));
    for (const [herald, ledger] of [
      [inline(shared!), one!],
      [one!, other!],
      [one!, one!],
      [one!, { jwksFile: join(directory, 'x', '..', 'one.json') }],
    ] as const)
      expect(() => storeOf(herald, ledger)).toThrow(/^trust\[1\]\.keys\.jwksFile holds the key/);
    await rm(directory, { recursive: true });
  });

  it.each([
    ['a question mark behind it', (uri: string) => `${uri}?`],
    ['a hash behind it', (uri: string) => `${uri}#`],
    ['capitals in its host', (uri: string) => uri.replace('http://localhost', 'HTTP://LocalHost')],
    ['an escape that it does not need', (uri: string) => uri.replace('jwks', '%6Awks')],
    ['a detour', (uri: string) => uri.replace('/.well-known', '/x/../.well-known')],
  ])('at one address, written with %s', (_what, respell) => {
    const jwksUri = servers[0]!.jwksUri.replace('127.0.0.1', 'localhost');
    expect(() => storeOf({ jwksUri }, { jwksUri: respell(jwksUri) })).toThrow(
      'trust[1].keys is already used by trust[0]',
    );
  });
});

describe('two issuers', () => {
  it('may each call another key by one name', async () => {
    const other = await createSigningKey('ES256', '1');
    const trust = recordsOf(inline(shared!), inline(other));
    const verifier = createVerifier({ service: SERVICE, trust, clock });
    const now = clock.now();
    const send = async (iss: string, key: SigningKey) => {
      const claims = { iss, sub: iss, aud: SERVICE, iat: now, exp: now + 60, jti: 'one' };
      const parts = { method: 'GET', url: '/', body: new Uint8Array() };
      return authenticated(verifier, inboundRequest(parts, await key.token(claims)));
    };
    expect((await send(HERALD, shared!)).principal.caller.name).toBe('herald');
    expect((await send(LEDGER, other)).principal.caller.name).toBe('ledger');
    expect(await codeOf(send(LEDGER, shared!))).toBe('signature_invalid');
  });

  it('may have sets at one path that differ by their query', async () => {
    const { jwksUri } = servers[0]!;
    servers[0]!.answer((request, response) => {
      const key = request.url?.endsWith('?tenant=a') === true ? shared! : own!;
      json({ keys: [key.publicJwk] })(request, response);
    });
    const store = storeOf({ jwksUri: `${jwksUri}?tenant=a` }, { jwksUri: `${jwksUri}?tenant=b` });
    await expect(keyOf(store, HERALD, '1')).resolves.toBeDefined();
    await expect(keyOf(store, LEDGER, 'own')).resolves.toBeDefined();
  });
});

describe('a fetched set that holds a key of another issuer', () => {
  const LEFT_OUT = `key set of ${LEDGER}: the key "alias" of ledger is a key of herald too, by its trust record, and is left out`;

  it("is used without a key that is in the other's trust record, and the warning names both", async () => {
    publish(1, own!, alias);
    const store = storeOf(inline(shared!), remote(1));
    await expect(keyOf(store, HERALD, '1')).resolves.toBeDefined();
    await expect(keyOf(store, LEDGER, 'own')).resolves.toBeDefined();
    await expect(keyOf(store, LEDGER, 'alias')).resolves.toBeUndefined();
    expect(store.keyStatus()).toMatchObject([{}, { keys: 1 }]);
    expect(warnings).toEqual([LEFT_OUT]);
  });

  it('is used without it wherever the two records are in the list', async () => {
    publish(0, ofHerald!, shared!);
    const store = storeOf(remote(0), inline(alias));
    await expect(keyOf(store, HERALD, 'herald')).resolves.toBeDefined();
    await expect(keyOf(store, HERALD, '1')).resolves.toBeUndefined();
    await expect(keyOf(store, LEDGER, 'alias')).resolves.toBeDefined();
  });

  it('is not used at all where it holds no other', async () => {
    publish(1, alias);
    const store = storeOf(inline(shared!), remote(1));
    await expect(keyOf(store, LEDGER, 'alias')).rejects.toMatchObject({ code: 'keys_unavailable' });
    expect(store.keyStatus()[1]).toMatchObject({ state: 'none', lastFailure: 'unusable_answer' });
  });

  it('is not used where metadata led to it', async () => {
    const records = recordsOf(inline(shared!), { discovery: true });
    const trust = records.map((record, index) =>
      index === 1 ? { ...record, issuer: issuer.origin } : record,
    );
    const store = createTrustStore({ trust, clock, jwks: { timeoutMs: 2000 } });
    await expect(keyOf(store, issuer.origin, 'alias')).rejects.toMatchObject({ code: 'keys_unavailable' });
  });

  it('lets no token pass that the other issuer could have made', async () => {
    publish(1, own!, alias);
    const trust = recordsOf(inline(shared!), remote(1));
    const verifier = createVerifier({ service: SERVICE, trust, clock, jwks: { timeoutMs: 2000 } });
    await verifier.hydrate();
    const now = clock.now();
    const claims = { iss: LEDGER, sub: LEDGER, aud: SERVICE, iat: now, exp: now + 60, jti: 'one' };
    const send = async (key: SigningKey) =>
      authenticated(
        verifier,
        inboundRequest({ method: 'GET', url: '/', body: new Uint8Array() }, await key.token(claims)),
      );
    await expect(send(own!)).resolves.toBeDefined();
    await expect(codeOf(send(alias))).resolves.toMatch('key_unknown');
  });

  it.each([
    ['its owner is asked first', [HERALD, LEDGER]],
    ['whoever copied it is asked first', [LEDGER, HERALD]],
  ])('takes it from no other fetched set, but the warning names both: %s', async (_when, order) => {
    publish(1, own!, alias);
    const store = storeOf(remote(0), remote(1));
    for (const each of order) await keyOf(store, each, each === HERALD ? '1' : 'own');
    await expect(keyOf(store, HERALD, '1')).resolves.toBeDefined();
    await expect(keyOf(store, LEDGER, 'alias')).resolves.toBeDefined();
    expect(warnings).toEqual([expect.stringMatching(/herald.*ledger|ledger.*herald/)]);
  });

  it('warns of it only as long as the other set holds it', async () => {
    publish(1, own!, alias);
    const store = storeOf(remote(0), remote(1));
    await keyOf(store, HERALD, '1');
    publish(0, ofHerald!);
    clock.advance(700);
    await keyOf(store, HERALD, 'herald');
    await keyOf(store, LEDGER, 'own');
    expect(warnings).toEqual([]);
  });

  it('may hold it for something else than signatures, and may have one key under two names', async () => {
    const encryption = { ...alias.publicJwk, use: 'enc', kid: 'enc' };
    servers[1]!.answer(json({ keys: [encryption, own!.publicJwk, { ...own!.publicJwk, kid: 'again' }] }));
    const store = storeOf(inline(shared!), remote(1));
    await expect(keyOf(store, LEDGER, 'own')).resolves.toBeDefined();
    await expect(keyOf(store, LEDGER, 'again')).resolves.toBeDefined();
    expect(warnings).toEqual([]);
  });
});
