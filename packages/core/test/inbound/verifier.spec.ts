import { memoryReplayStore } from '../../src/inbound/replay/memory-replay-store.js';
import { createVerifier, type VerifierOptions } from '../../src/inbound/verifier.js';
import { createFixedClock } from '../../src/clock.js';
import { EVERY_ALGORITHM, forgeToken, ISSUER, NOW, SERVICE, trustedKey, USER } from '../support/forge.js';
import {
  authenticated,
  accepted,
  codeOf,
  createScene,
  refused,
  trustRecord,
  type Setting,
} from '../support/scene.js';

describe('a verifier', () => {
  it.each(EVERY_ALGORITHM)('accepts a token signed with %s', async (algorithm) => {
    const key = trustedKey(algorithm);
    const { principal, keyId } = await accepted({}, { key });
    expect(principal.caller).toEqual({ name: 'herald', issuer: ISSUER });
    expect(keyId).toBe(key.kid);
  });

  it('says who calls, for whom, and what that caller may do', async () => {
    const setting: Setting = { trust: { actsFor: ['https://census.service/user/'], scopes: ['user:read'] } };
    const act = { sub: ISSUER, act: { sub: 'https://gateway.service/' } };
    const claims = { sub: USER, act, roles: ['support'], txn: 'txn-1', jti: 'jti-1' };
    const { principal, ...rest } = await accepted({ claims }, setting);
    expect(principal).toEqual({
      subject: USER,
      subjectKind: 'user',
      caller: { name: 'herald', issuer: ISSUER },
      scopes: new Set(['user:read']),
      roles: new Set(['support']),
      actors: [ISSUER, 'https://gateway.service/'],
      transactionId: 'txn-1',
      tokenId: 'jti-1',
      expiresAt: NOW + 60,
    });
    expect(rest).toEqual({
      token: expect.any(String),
      proofs: [],
      keyId: trustedKey().kid,
      audiences: [SERVICE],
      roles: new Set(['support']),
      bound: false,
      singleUse: undefined,
    });
  });

  it('hands the token on as it was sent, for propagation', async () => {
    const token = forgeToken();
    const { verifier, request } = createScene();
    const sent = { ...request(), rawHeaders: ['JWT', token] };
    expect((await verifier.authenticate(sent)).token).toBe(token);
  });

  it('gives the same answer every time it is asked', async () => {
    const { verifier, request } = createScene();
    const [good, bad] = [request(), request({ claims: { aud: 'https://elsewhere.service/' } })];
    for (let time = 0; time < 20; time++) {
      await expect(authenticated(verifier, good)).resolves.toMatchObject({ keyId: trustedKey().kid });
      expect(await codeOf(authenticated(verifier, bad))).toBe('audience_mismatch');
    }
  });

  it('keeps fifty requests by fifty principals apart', async () => {
    const { verifier, request } = createScene({ trust: { actsFor: ['https://census.service/user/'] } });
    const users = Array.from({ length: 50 }, (_, index) => `https://census.service/user/${String(index)}/`);
    const found = await Promise.all(
      users.map(async (sub) => (await verifier.authenticate(request({ claims: { sub } }))).principal.subject),
    );
    expect(found).toEqual(users);
  });

  it('does not share its trust with another one in the same process', async () => {
    const key = trustedKey('EdDSA');
    const other = createScene({
      key,
      trust: { issuer: 'https://other.service/', name: 'other' },
      token: { claims: { iss: 'https://other.service/', sub: 'https://other.service/' } },
    });
    const here = createScene();
    await expect(other.accepted()).resolves.toBeDefined();
    expect(await codeOf(authenticated(here.verifier, other.request()))).toBe('issuer_untrusted');
    expect(await codeOf(authenticated(other.verifier, here.request()))).toBe('issuer_untrusted');
  });
});

describe('of several faults a verifier names the first', () => {
  /** Each fault, in the order of the steps. A token with this one and all behind it is refused for this one. */
  const steps: readonly [string, Record<string, unknown>, Record<string, unknown>][] = [
    ['header_not_allowed', { zip: 'DEF' }, {}],
    ['algorithm_not_allowed', { alg: 'none' }, {}],
    ['issuer_untrusted', {}, { iss: 'https://attacker.example/' }],
    ['algorithm_not_allowed', { alg: 'RS256' }, {}],
    ['key_unknown', { kid: 'some-other-key' }, {}],
    ['signature_invalid', {}, {}],
    ['token_type_not_allowed', { typ: 'JWT' }, {}],
    ['claim_missing', {}, { jti: undefined }],
    ['token_expired', {}, { iat: NOW - 120, exp: NOW - 60 }],
    ['audience_mismatch', {}, { aud: 'https://elsewhere.service/' }],
    ['binding_mismatch', {}, { htm: 'PUT' }],
    ['body_mismatch', {}, { bdy: 'x' }],
    ['delegation_not_allowed', {}, { sub: 'https://census.service/user/1/' }],
  ];

  it.each(steps.map(([code], index) => [code, index] as const))('%s', async (code, from) => {
    // Where two steps change the same member, the first of them shall be seen.
    const rest = steps.slice(from).reverse();
    const header = Object.assign({}, ...rest.map((step) => step[1])) as Record<string, unknown>;
    const claims = Object.assign({}, ...rest.map((step) => step[2])) as Record<string, unknown>;
    const isForged = rest.some(([name]) => name === 'signature_invalid');
    const signature = (octets: Buffer) => (isForged ? Buffer.alloc(octets.length, 7) : octets);
    const setting: Setting = { bound: true, request: { method: 'POST', url: '/', body: Buffer.from('{}') } };
    expect(await refused({ header, claims, signature }, setting)).toBe(code);
  });
});

describe('the options of a verifier', () => {
  const options: VerifierOptions = { service: SERVICE, trust: [trustRecord()] };

  it.each([
    ['service', { ...options, service: '' }],
    ['service', { ...options, service: undefined }],
    ['trust', { ...options, trust: undefined }],
    ['trust', { ...options, trust: null }],
    ['maxTokenBytes', { ...options, maxTokenBytes: Number.NaN }],
    ['maxTokenBytes', { ...options, maxTokenBytes: Infinity }],
    ['maxTokenBytes', { ...options, maxTokenBytes: '8192' }],
    ['acceptTokensFromSelf', { ...options, acceptTokensFromSelf: 'false' }],
    ['publicOnly', { ...options, publicOnly: 1 }],
    ['audience', { ...options, audience: SERVICE }],
    ['maxTokenByte', { ...options, maxTokenByte: 10 }],
    ['trust[0].audiance', { ...options, trust: [{ ...trustRecord(), audiance: SERVICE }] }],
    ['trust[0].algorithms[0]', { ...options, trust: [{ ...trustRecord(), algorithms: ['HS256'] }] }],
    ['trust[0].algorithms[1]', { ...options, trust: [{ ...trustRecord(), algorithms: ['ES256', 'none'] }] }],
    ['trust[0].algorithms', { ...options, trust: [trustRecord(trustedKey(), { algorithms: [] })] }],
    [
      'trust[1].name',
      { ...options, trust: [trustRecord(), trustRecord(trustedKey('EdDSA'), { issuer: 'https://b/' })] },
    ],
    [
      'trust[1].issuer',
      { ...options, trust: [trustRecord(), trustRecord(trustedKey('EdDSA'), { name: 'b' })] },
    ],
    [
      'trust[1].keys',
      { ...options, trust: [trustRecord(), trustRecord(trustedKey(), { name: 'b', issuer: 'https://b/' })] },
    ],
    [
      'trust[0].clockToleranceSeconds',
      { ...options, trust: [trustRecord(trustedKey(), { clockToleranceSeconds: 301 })] },
    ],
    [
      'trust[0].maxLifetimeSeconds',
      { ...options, trust: [trustRecord(trustedKey(), { maxLifetimeSeconds: 3601 })] },
    ],
  ])('are named when they cannot be: %s', (name, bad) => {
    expect(() => createVerifier(options)).not.toThrow();
    expect(() => createVerifier(bad as VerifierOptions)).toThrow(TypeError);
    expect(() => createVerifier(bad as VerifierOptions)).toThrow(name);
  });

  it('may trust nobody: then every token is refused, and nothing is announced', async () => {
    const clock = createFixedClock();
    await createVerifier({ ...options, clock }).authenticate(createScene().request());
    const verifier = createVerifier({ ...options, clock, trust: [] });
    expect(await codeOf(authenticated(verifier, createScene().request()))).toBe('issuer_untrusted');
    expect(verifier).toMatchObject({
      authorizationServers: [],
      dpop: { algorithms: [], isAnnounced: false, isRequired: false },
    });
    expect(await verifier.hydrate()).toEqual([]);
    expect(verifier.keyStatus()).toEqual([]);
  });

  it('may leave everything out but the service and its trust', async () => {
    const clock = createFixedClock();
    const verifier = createVerifier({ ...options, clock, replayStore: memoryReplayStore({ clock }) });
    expect(verifier).toMatchObject({ service: SERVICE, hashesMd5: false });
    await expect(authenticated(verifier, createScene().request())).resolves.toBeDefined();
  });
});
