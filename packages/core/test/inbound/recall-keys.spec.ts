import { createFixedClock, type FixedClock } from '../../src/clock.js';
import { createVerifier, type Verifier } from '../../src/inbound/verifier.js';
import { createForgeKey, forgeToken, ISSUER, NOW, SERVICE, trustedKey } from '../support/forge.js';
import { json, startKeyServer, type KeyServer } from '../support/key-server.js';
import { authenticated, codeOf, inboundRequest, trustRecord, type RequestParts } from '../support/scene.js';
import { isRecalled, remembered } from '../support/recalled.js';
import { until } from '../support/until.js';

/** A signature on this curve is always checked off the event loop: an answer without a promise was recalled. */
const key = trustedKey('ES384');
const GET: RequestParts = { method: 'GET', url: '/user/21/', body: new Uint8Array() };

describe('the key of a token that is recalled', () => {
  let server: KeyServer;
  let clock: FixedClock;
  beforeEach(async () => {
    server = await startKeyServer(json({ keys: [key.jwk] }));
    clock = createFixedClock();
  });
  afterEach(() => server.close());

  function replica(): Verifier {
    const trust = [trustRecord(key, { keys: { jwksUri: server.jwksUri } })];
    return createVerifier({ service: SERVICE, trust, clock, jwks: { maxAgeSeconds: 60, timeoutMs: 2000 } });
  }

  const next = createForgeKey('ES384', 'next');
  const byNext = () => inboundRequest(GET, forgeToken({ claims: { exp: NOW + 300 } }, next));
  const longLived = () => inboundRequest(GET, forgeToken({ claims: { exp: NOW + 300 } }, key));

  it('is asked for every time: once it is removed from the set, the token is refused at once', async () => {
    const verifier = replica();
    await remembered(verifier, byNext()).catch(() => undefined);
    const request = longLived();
    clock.advance(31);
    await remembered(verifier, request);
    server.answer(json({ keys: [next.jwk] }));
    // Another caller's new key is the first to be seen, and brings the set without the old one.
    await expect(authenticated(verifier, byNext())).resolves.toBeDefined();
    expect(await codeOf(authenticated(verifier, request))).toBe('key_unknown');
  });

  it('is removed by the refresh in the background, which tokens that are recalled set off too', async () => {
    const verifier = replica();
    const request = longLived();
    await remembered(verifier, request);
    server.answer(json({ keys: [next.jwk] }));
    clock.advance(52);
    expect(isRecalled(verifier, request)).toBe(true);
    await until(() => server.requests() === 2);
    await until(() => !isRecalled(verifier, request));
    expect(await codeOf(authenticated(verifier, request))).toBe('key_unknown');
  });

  it('may stay the same in a new set: the token is verified once more, and recalled again', async () => {
    const verifier = replica();
    const request = longLived();
    await remembered(verifier, request);
    server.answer(json({ keys: [key.jwk, next.jwk] }));
    clock.advance(52);
    await remembered(verifier, request);
    await until(() => !isRecalled(verifier, request));
    await remembered(verifier, request);
    expect(isRecalled(verifier, request)).toBe(true);
  });

  it('may get the name of another one: the token is refused', async () => {
    const verifier = replica();
    const request = longLived();
    await remembered(verifier, request);
    const twin = createForgeKey('ES384', key.kid);
    server.answer(json({ keys: [twin.jwk] }));
    clock.advance(61);
    expect(await codeOf(authenticated(verifier, request))).toBe('signature_invalid');
  });

  it('is still looked for where the token names none: a second key in the set makes it unclear', async () => {
    const issuer = { tokenType: 'at+jwt', keys: { jwksUri: server.jwksUri } } as const;
    const verifier = createVerifier({ service: SERVICE, trust: [trustRecord(key, issuer)], clock });
    const header = { kid: undefined, typ: 'at+jwt' };
    const claims = { sub: ISSUER, client_id: 'web', exp: NOW + 600 };
    const request = inboundRequest(GET, forgeToken({ header, claims }, key));
    await remembered(verifier, request);
    expect(isRecalled(verifier, request)).toBe(true);
    server.answer(json({ keys: [key.jwk, next.jwk] }));
    clock.advance(601);
    clock.set(NOW);
    expect(await codeOf(authenticated(verifier, request))).toBe('key_unknown');
  });
});
