import { generateKeyPairSync } from 'node:crypto';
import { createFixedClock, type FixedClock } from '../../src/clock.js';
import { createVerifier, type Verifier } from '../../src/inbound/verifier.js';
import { type TrustRecord } from '../../src/trust/trust-record.js';
import {
  createForgeKey,
  forgeKeyOf,
  forgeToken,
  ISSUER,
  SERVICE,
  trustedKey,
  type ForgeKey,
} from '../support/forge.js';
import { hang, json, startKeyServer, status, type KeyServer } from '../support/key-server.js';
import { authenticated, codeOf, inboundRequest, trustRecord } from '../support/scene.js';

/** Whole requests, while the server of the keys changes or fails. */
let server: KeyServer;
let clock: FixedClock;
const trusted = trustedKey();
const other = createForgeKey();
const otherNamed = (kid: string): ForgeKey => ({ ...other, kid, jwk: { ...other.jwk, kid } });

beforeEach(async () => {
  server = await startKeyServer(json({ keys: [trusted.jwk] }));
  clock = createFixedClock();
});

afterEach(() => server.close());

function replica(others: readonly TrustRecord[] = [], timeoutMs = 2000): Verifier {
  const record = trustRecord(trusted, { keys: { jwksUri: server.jwksUri } });
  return createVerifier({ service: SERVICE, trust: [record, ...others], clock, jwks: { timeoutMs } });
}

/** A request with a token that was made just now. */
function requestBy(key: ForgeKey, issuer = ISSUER) {
  const issuedAt = Math.floor(clock.now());
  const claims = { iss: issuer, sub: issuer, iat: issuedAt, nbf: issuedAt, exp: issuedAt + 60 };
  const token = forgeToken({ header: { kid: key.jwk['kid'] }, claims }, key);
  return inboundRequest({ method: 'GET', url: '/user/21/', body: new Uint8Array() }, token);
}

describe('a rotation', () => {
  it('reaches the replica that still has the old set by one fetch, and both accept the new key', async () => {
    const next = otherNamed('next');
    const behind = replica();
    await behind.authenticate(requestBy(trusted));
    server.answer(json({ keys: [trusted.jwk, next.jwk] }));
    const ahead = replica();
    await ahead.authenticate(requestBy(trusted));
    clock.advance(30);
    await expect(authenticated(ahead, requestBy(next))).resolves.toMatchObject({
      keyId: 'next',
    });
    expect(server.requests()).toBe(2);
    await expect(authenticated(behind, requestBy(next))).resolves.toMatchObject({
      keyId: 'next',
    });
    expect(server.requests()).toBe(3);
  });

  it('that removed a key refuses its tokens when the set is too old, and accepts the others', async () => {
    const next = otherNamed('next');
    const verifier = replica();
    await verifier.authenticate(requestBy(trusted));
    server.answer(json({ keys: [next.jwk] }));
    clock.advance(601);
    expect(await codeOf(authenticated(verifier, requestBy(trusted)))).toBe('key_unknown');
    await expect(authenticated(verifier, requestBy(next))).resolves.toBeDefined();
  });
});

describe('a set with keys that are not good', () => {
  it('verifies by the first of two keys with one kid, every time', async () => {
    const twin = otherNamed(String(trusted.jwk['kid']));
    server.answer(json({ keys: [trusted.jwk, twin.jwk] }));
    const verifier = replica();
    for (let time = 0; time < 3; time++) {
      await expect(authenticated(verifier, requestBy(trusted))).resolves.toBeDefined();
      const byTwin = requestBy(twin);
      expect(await codeOf(authenticated(verifier, byTwin))).toBe('signature_invalid');
    }
  });

  it.each([
    ['RSA of 1024 bits', 'RS256', () => generateKeyPairSync('rsa', { modulusLength: 1024 })],
    ['a curve that is not listed', 'ES256', () => generateKeyPairSync('ec', { namedCurve: 'secp256k1' })],
  ] as const)('does not know a key that was left out: %s', async (_what, algorithm, generate) => {
    const weak = forgeKeyOf(generate(), algorithm, 'weak');
    server.answer(json({ keys: [trusted.jwk, weak.jwk] }));
    const keys = { jwksUri: server.jwksUri };
    const trust = [trustRecord(trusted, { keys, algorithms: ['ES256', 'RS256'] })];
    const warnings: string[] = [];
    const verifier = createVerifier({
      service: SERVICE,
      trust,
      clock,
      onWarning: (message) => warnings.push(message),
    });
    expect(await codeOf(authenticated(verifier, requestBy(weak)))).toBe('key_unknown');
    await expect(authenticated(verifier, requestBy(trusted))).resolves.toBeDefined();
    expect(warnings).toEqual([expect.stringMatching(/^key set of .* keys\[1\] is left out: /)]);
  });
});

describe('an outage of the keys', () => {
  it('of ten seconds with 200 requests each is ten fetches, and over within a second', async () => {
    server.answer(status(503));
    const verifier = replica();
    const codes = new Set<string>();
    const before = clock.monotonic();
    for (let time = 0; time < 2000; time++) {
      codes.add(await codeOf(authenticated(verifier, requestBy(trusted))));
      clock.advance(0.005);
    }
    expect([...codes]).toEqual(['keys_unavailable']);
    expect(clock.monotonic() - before).toBeCloseTo(10);
    expect(server.requests()).toBeLessThanOrEqual(10);
    server.answer(json({ keys: [trusted.jwk] }));
    clock.advance(1);
    await expect(authenticated(verifier, requestBy(trusted))).resolves.toBeDefined();
  });

  it('answers 503 with an honest wait once the keys are too old, and before that lets known keys in', async () => {
    const verifier = replica();
    await verifier.authenticate(requestBy(trusted));
    server.answer(status(500));
    for (const seconds of [600, 3600, 43_200, 39_000]) {
      clock.advance(seconds);
      await expect(authenticated(verifier, requestBy(trusted))).resolves.toBeDefined();
    }
    const unknown = authenticated(verifier, requestBy(otherNamed('unknown')));
    await expect(unknown).rejects.toMatchObject({ code: 'keys_unavailable', retryAfterSeconds: 30 });
    clock.advance(1);
    await expect(authenticated(verifier, requestBy(trusted))).rejects.toMatchObject({
      code: 'keys_unavailable',
      retryAfterSeconds: 1,
    });
  });

  it('that hangs leaves requests by other issuers untouched', async () => {
    server.answer(hang);
    const issuer = 'https://storefront.service/';
    const keys = { jwks: { keys: [otherNamed('inline').jwk] } };
    const verifier = replica([trustRecord(other, { name: 'storefront', issuer, keys })], 60_000);
    const waiting = codeOf(authenticated(verifier, requestBy(trusted)));
    for (let time = 0; time < 50; time++) {
      const { principal } = await verifier.authenticate(requestBy(otherNamed('inline'), issuer));
      expect(principal.caller.name).toBe('storefront');
    }
    await server.close();
    expect(await waiting).toBe('keys_unavailable');
    server = await startKeyServer(hang);
  });
});
