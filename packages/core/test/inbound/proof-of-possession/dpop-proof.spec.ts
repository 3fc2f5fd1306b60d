import { type FaultCode } from '../../../src/errors.js';
import { type Algorithm } from '../../../src/crypto/algorithms.js';
import { type Claims } from '../../../src/token.js';
import {
  boundSetting,
  boundTo,
  clientKey,
  bareJwk,
  dpopHeaders,
  forgeProof,
  type ProofForgery,
} from '../../support/dpop.js';
import { createForgeKey, NOW } from '../../support/forge.js';
import { createRsaKey } from '../../support/rsa-key.js';
import { accepted, codeOf, createScene, refused, type Setting } from '../../support/scene.js';

/** The code by which a request is refused whose proof is different in one way. */
function refusedProof(forgery: ProofForgery, setting: Setting = boundSetting()): Promise<FaultCode> {
  return refused({ request: { rawHeaders: dpopHeaders(forgery) } }, setting);
}

describe('a token that is bound to a key of its client', () => {
  it('is accepted with a proof of that key', async () => {
    const { principal, proofUse } = await accepted({}, boundSetting());
    expect(principal).toMatchObject({ subject: 'user-1', client: 'web' });
    expect(proofUse?.expiresAt).toBe(NOW + 90);
  });

  it.each<[string, (token: string) => readonly string[], FaultCode]>([
    ['as a bearer token', (token) => ['Authorization', `Bearer ${token}`], 'dpop_proof_missing'],
    [
      'as a bearer token, with its proof',
      (token) => ['Authorization', `Bearer ${token}`, 'DPoP', forgeProof(token)],
      'dpop_proof_missing',
    ],
    ['in the header JWT', (token) => ['JWT', token, 'DPoP', forgeProof(token)], 'dpop_proof_missing'],
    ['without its proof', (token) => ['Authorization', `DPoP ${token}`], 'dpop_proof_missing'],
    [
      'with two proofs',
      (token) => ['Authorization', `DPoP ${token}`, 'DPoP', forgeProof(token), 'dpop', forgeProof(token)],
      'dpop_proof_invalid',
    ],
    [
      'with two proofs in one header',
      (token) => ['Authorization', `DPoP ${token}`, 'DPoP', `${forgeProof(token)}, ${forgeProof(token)}`],
      'dpop_proof_invalid',
    ],
    ['with an empty proof', (token) => ['Authorization', `DPoP ${token}`, 'DPoP', ''], 'dpop_proof_invalid'],
    [
      'with itself as the proof',
      (token) => ['Authorization', `DPoP ${token}`, 'DPoP', token],
      'dpop_proof_invalid',
    ],
    [
      'twice',
      (token) => ['Authorization', `DPoP ${token}`, 'Authorization', `Bearer ${token}`],
      'request_malformed',
    ],
  ])('is refused %s', async (_how, rawHeaders, code) => {
    expect(await refused({ request: { rawHeaders } }, boundSetting())).toBe(code);
  });

  it('is refused where the trust record says off', async () => {
    const off: Setting = { ...boundSetting(), trust: { ...boundSetting().trust, dpop: 'off' } };
    expect(await codeOf(createScene(off).accepted())).toBe('binding_not_supported');
  });

  it('is the only one accepted where the trust record says required', async () => {
    const required: Setting = { ...boundSetting(), trust: { ...boundSetting().trust, dpop: 'required' } };
    expect(await refused({ claims: { cnf: undefined } }, required)).toBe('token_not_bound');
    const bearer = { rawHeaders: (token: string) => ['Authorization', `Bearer ${token}`] };
    const scene = createScene(required);
    expect(await codeOf(scene.accepted({ claims: { cnf: undefined }, request: bearer }))).toBe(
      'token_not_bound',
    );
  });

  it('is expected by the scheme DPoP', async () => {
    expect(await refused({ claims: { cnf: undefined } }, boundSetting())).toBe('token_not_bound');
  });

  it.each<[unknown, FaultCode]>([
    [null, 'claim_invalid'],
    [[], 'claim_invalid'],
    ['key', 'claim_invalid'],
    [{}, 'claim_invalid'],
    [{ jkt: 1 }, 'claim_invalid'],
    [{ jkt: 'short' }, 'claim_invalid'],
    [{ 'x5t#S256': '' }, 'claim_invalid'],
    [{ jwk: bareJwk(clientKey) }, 'binding_not_supported'],
    [{ kid: 'key-1' }, 'binding_not_supported'],
    [{ ...boundTo(clientKey)['cnf']!, kid: 'key-1' }, 'binding_not_supported'],
  ])('is bound by a cnf that is understood: not %j', async (cnf, code) => {
    expect(await refused({ claims: { cnf } }, boundSetting())).toBe(code);
    const asBearer = { rawHeaders: (token: string) => ['Authorization', `Bearer ${token}`] };
    expect(await codeOf(createScene(boundSetting()).accepted({ claims: { cnf }, request: asBearer }))).toBe(
      code,
    );
  });

  it('of a service is no bearer token either', async () => {
    expect(await refused({ claims: boundTo(clientKey) })).toBe('dpop_proof_missing');
  });
});

describe('a proof', () => {
  it.each<Algorithm>(['ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512', 'EdDSA'])(
    'may be signed by %s',
    async (algorithm) => {
      const key = createForgeKey(algorithm);
      await expect(accepted({}, boundSetting(key))).resolves.toBeDefined();
    },
  );

  it('may be signed by RS256 only where the options say so', async () => {
    const setting = boundSetting(createForgeKey('RS256'));
    expect(await codeOf(accepted({}, setting))).toBe('dpop_proof_invalid');
    const verifier = { dpop: { algorithms: ['RS256'] as const } };
    await expect(accepted({}, { ...setting, verifier })).resolves.toBeDefined();
  });

  const other = createForgeKey();
  const otherAlgorithm = createForgeKey('ES384');
  it.each<[string, ProofForgery]>([
    ['of another type', { header: { typ: 'JWT' } }],
    ['without a type', { header: { typ: undefined } }],
    ['of the type of a token', { header: { typ: 'at+jwt' } }],
    ['that is not signed', { header: { alg: 'none' }, compact: (proof) => proof.replace(/[^.]+$/, '') }],
    ['by a secret', { header: { alg: 'HS256' } }],
    ['of an algorithm that does not fit its key', { header: { alg: 'ES384' } }],
    ['without a key', { header: { jwk: undefined } }],
    ['with the name of a key', { header: { jwk: 'key-1' } }],
    ['with a private key', { header: { jwk: clientKey.privateKey.export({ format: 'jwk' }) } }],
    ['with a secret key', { header: { jwk: { kty: 'oct', k: 'c2VjcmV0' } } }],
    ['with a key that is none', { header: { jwk: { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' } } }],
    ['with another key', { header: { jwk: bareJwk(other) }, signedBy: other }],
    [
      'with another key of another algorithm',
      { header: { jwk: bareJwk(otherAlgorithm), alg: 'ES384' }, signedBy: otherAlgorithm },
    ],
    ['signed by another key', { signedBy: other }],
    [
      'that was changed',
      { compact: (proof) => proof.replace(/\.(.)/, (_, first) => (first === 'e' ? '.f' : '.e')) },
    ],
    ['with a critical extension', { header: { crit: ['x'], x: 1 } }],
    ['with a certificate chain', { header: { x5c: ['AA'] } }],
    ['without an id', { claims: { jti: undefined } }],
    ['with an id that is a number', { claims: { jti: 1 } }],
    ['with a long id', { claims: { jti: 'x'.repeat(257) } }],
    ['for another method', { claims: { htm: 'POST' } }],
    ['for the method in small letters', { claims: { htm: 'get' } }],
    ['without a method', { claims: { htm: undefined } }],
    ['for another path', { claims: { htu: 'https://census.service/user/42/' } }],
    ['for the path without its slash', { claims: { htu: 'https://census.service/user/21' } }],
    ['for another host', { claims: { htu: 'https://herald.service/user/21/' } }],
    ['for another scheme', { claims: { htu: 'http://census.service/user/21/' } }],
    ['for another port', { claims: { htu: 'https://census.service:8443/user/21/' } }],
    ['for a path alone', { claims: { htu: '/user/21/' } }],
    ['with credentials in its URI', { claims: { htu: 'https://a:b@census.service/user/21/' } }],
    ['without a URI', { claims: { htu: undefined } }],
    ['without a time', { claims: { iat: undefined } }],
    ['with its time in words', { claims: { iat: String(NOW) } }],
    ['of the future', { claims: { iat: NOW + 31 } }],
    ['that is too old', { claims: { iat: NOW - 90 } }],
    ['for another token', { claims: { ath: 'fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo' } }],
    ['for no token', { claims: { ath: undefined } }],
    ['that is too large', { claims: { more: 'x'.repeat(4096) } }],
    ['with two parts', { compact: (proof) => proof.replace(/\.[^.]+$/, '') }],
    ['with four parts', { compact: (proof) => `${proof}.AA` }],
    ['with padding', { compact: (proof) => `${proof}=` }],
    ['that has expired', { claims: { exp: NOW - 30 } }],
    ['that expires in words', { claims: { exp: String(NOW + 60) } }],
    ['that expires at no time', { claims: { exp: null } }],
    ['that is not valid yet', { claims: { nbf: NOW + 31 } }],
    ['that is valid from a time in words', { claims: { nbf: String(NOW) } }],
    ['with a key for another algorithm', { header: { jwk: { ...bareJwk(clientKey), alg: 'ES384' } } }],
    ['with a key for no algorithm', { header: { jwk: { ...bareJwk(clientKey), alg: null } } }],
    ['with a key for encryption', { header: { jwk: { ...bareJwk(clientKey), use: 'enc' } } }],
    ['with a key for signing only', { header: { jwk: { ...bareJwk(clientKey), key_ops: ['sign'] } } }],
    ['with a key for nothing', { header: { jwk: { ...bareJwk(clientKey), key_ops: [] } } }],
    ['with a key for something in words', { header: { jwk: { ...bareJwk(clientKey), key_ops: 'verify' } } }],
    ['in quotes', { compact: (proof) => `"${proof}"` }],
  ])('%s is refused', async (_what, forgery) => {
    expect(await refusedProof(forgery)).toBe('dpop_proof_invalid');
  });

  it.each<[string, ProofForgery]>([
    ['its algorithm', { header: { jwk: { ...bareJwk(clientKey), alg: 'ES256' } } }],
    ['its use', { header: { jwk: { ...bareJwk(clientKey), use: 'sig' } } }],
    ['its operations', { header: { jwk: { ...bareJwk(clientKey), key_ops: ['verify', 'sign'] } } }],
    ['a name and a certificate', { header: { jwk: { ...bareJwk(clientKey), kid: 'a', x5c: ['AA'] } } }],
  ])('may say of its key %s', async (_what, forgery) => {
    await expect(
      accepted({ request: { rawHeaders: dpopHeaders(forgery) } }, boundSetting()),
    ).resolves.toBeDefined();
  });

  it('may name the algorithm of an Ed25519 key by either of its names', async () => {
    const key = createForgeKey('EdDSA');
    const jwk = { ...bareJwk(key), alg: 'Ed25519' };
    const rawHeaders = dpopHeaders({ header: { jwk } }, key);
    await expect(accepted({ request: { rawHeaders } }, boundSetting(key))).resolves.toBeDefined();
  });

  it.each<[string, Claims, number]>([
    ['sooner', { exp: NOW + 10, nbf: NOW + 30 }, NOW + 40],
    ['no later', { exp: NOW + 3600 }, NOW + 90],
    ['as late as the tolerance lets it', { exp: NOW - 29 }, NOW + 1],
  ])('may itself say until when it is good: %s', async (_what, claims, expiresAt) => {
    const { proofUse } = await accepted({ request: { rawHeaders: dpopHeaders({ claims }) } }, boundSetting());
    expect(proofUse?.expiresAt).toBe(expiresAt);
  });

  it.each<[string, number, bigint, number, bigint]>([
    ['size', 4096, 65_537n, 4097, 65_537n],
    ['exponent', 2048, 4_294_967_291n, 2048, 4_294_967_311n],
  ])('whose key costs too much to check, by its %s, is refused', async (_what, ...sizes) => {
    const [bits, exponent, moreBits, greaterExponent] = sizes;
    const affordable = boundSetting(createRsaKey(bits, exponent));
    await expect(accepted({}, affordable)).resolves.toBeDefined();
    const costly = boundSetting(createRsaKey(moreBits, greaterExponent));
    expect(await codeOf(accepted({}, costly))).toBe('dpop_proof_invalid');
  });

  it.each([
    ['a query', 'https://census.service/user/21/?a=b'],
    ['a fragment', 'https://census.service/user/21/#a'],
    ['the default port', 'https://census.service:443/user/21/'],
    ['capitals in its host', 'HTTPS://CENSUS.service/user/21/'],
    ['escapes that it does not need', 'https://census.service/%75ser/%32%31/'],
    ['dots', 'https://census.service/x/../user/./21/'],
  ])('may be for the same URI with %s', async (_what, htu) => {
    const request = { rawHeaders: dpopHeaders({ claims: { htu } }) };
    await expect(accepted({ request }, boundSetting())).resolves.toBeDefined();
  });

  it('is for a URI whose query does not count', async () => {
    await expect(
      accepted({ request: { url: '/user/21/?fields=name' } }, boundSetting()),
    ).resolves.toBeDefined();
  });

  it.each([
    '//evil.example/user/21/',
    'http://census.service/user/21/',
    '*',
    '@evil.example/',
    '/user/21/%2e%2e/',
  ])('is not for a request to %s', async (url) => {
    expect(await refused({ request: { url } }, boundSetting())).toBe('dpop_proof_invalid');
  });

  it('is for one of the URLs by which the service is called, where the options name them', async () => {
    const setting = {
      ...boundSetting(),
      verifier: { dpop: { publicUrls: ['https://api.example/census/'] } },
    };
    expect(await codeOf(accepted({}, setting))).toBe('dpop_proof_invalid');
    const request = { rawHeaders: dpopHeaders({ claims: { htu: 'https://api.example/census/user/21/' } }) };
    await expect(accepted({ request }, setting)).resolves.toBeDefined();
  });

  it.each<[string, Claims, boolean]>([
    ['89 seconds old', { iat: NOW - 89 }, true],
    ['90 seconds old', { iat: NOW - 90 }, false],
    ['30 seconds ahead', { iat: NOW + 30 }, true],
  ])('may be as old as the lifetime and the tolerance add up to: %s', async (_what, claims, isGood) => {
    const outcome = codeOf(accepted({ request: { rawHeaders: dpopHeaders({ claims }) } }, boundSetting()));
    await (isGood
      ? expect(outcome).rejects.toThrow('nothing was refused')
      : expect(outcome).resolves.toBe('dpop_proof_invalid'));
  });
});
