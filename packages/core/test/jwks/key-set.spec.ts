import { generateKeyPairSync } from 'node:crypto';
import { type JWK } from 'jose';
import { readKeySet } from '../../src/jwks/key-set.js';
import { createSigningKey, signingKeyOf } from '../support/signing-key.js';

const good = await createSigningKey();
const other = await createSigningKey();
const rsa = await createSigningKey('RS256');
const p384 = await createSigningKey('ES384');

/** `kid: undefined` and the like leave the member out. */
function changed(jwk: JWK, members: Readonly<Record<string, unknown>>): JWK {
  return { ...jwk, ...members };
}

function idsOf(keys: readonly unknown[]): readonly string[] {
  return [...readKeySet({ keys }, ['ES256']).byId.keys()];
}

describe('a key set', () => {
  it('is read key by key, each with exactly one algorithm', () => {
    const { byId, warnings } = readKeySet({ keys: [good.publicJwk, rsa.publicJwk] }, ['ES256']);
    expect([...byId].map(([kid, key]) => [kid, key.algorithm])).toEqual([
      [good.kid, 'ES256'],
      [rsa.kid, 'RS256'],
    ]);
    expect(warnings).toEqual([]);
  });

  it.each([
    ['null', null],
    ['a string', 'keys'],
    ['an object without keys', {}],
    ['keys that are no array', { keys: { 0: good.publicJwk } }],
  ])('cannot be %s', (_what, value) => {
    expect(() => readKeySet(value, ['ES256'])).toThrow('is not a JWK set');
  });

  it('cannot be empty', () => {
    expect(() => readKeySet({ keys: [] }, ['ES256'])).toThrow('holds no usable key');
  });

  it('keeps the four good keys when a fifth is bad', async () => {
    const keys = await Promise.all(['a', 'b', 'c', 'd'].map((kid) => createSigningKey('ES256', kid)));
    const set = readKeySet({ keys: [...keys.map((key) => key.publicJwk), { kty: 'EC' }] }, ['ES256']);
    expect([...set.byId.keys()]).toEqual(['a', 'b', 'c', 'd']);
    expect(set.warnings).toHaveLength(1);
  });

  it('keeps the first of two keys with one kid, whichever order they are asked in', () => {
    const set = readKeySet(
      { keys: [changed(good.publicJwk, { kid: 'k' }), changed(other.publicJwk, { kid: 'k' })] },
      ['ES256'],
    );
    expect(set.byId.get('k')?.key.export({ format: 'jwk' })).toMatchObject({ x: good.publicJwk.x });
    expect(set.warnings).toEqual(['keys[1] is left out: an earlier key has the same kid']);
  });

  it('is not confused by kids that name members of Object.prototype', () => {
    expect(idsOf([changed(good.publicJwk, { kid: '__proto__' })])).toEqual(['__proto__']);
    expect(readKeySet({ keys: [good.publicJwk] }, ['ES256']).byId.get('constructor')).toBeUndefined();
  });

  it('is read up to 64 keys, and says so', () => {
    const keys = Array.from({ length: 65 }, (_, index) =>
      changed(good.publicJwk, { kid: `k${String(index)}` }),
    );
    const set = readKeySet({ keys }, ['ES256']);
    expect(set.byId.size).toBe(64);
    expect(set.byId.has('k64')).toBe(false);
    expect(set.warnings).toEqual(['only the first 64 keys are read']);
  });
});

describe('a key is left out, with a warning that does not show it, when it', () => {
  const small = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' });
  const koblitz = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey.export({ format: 'jwk' });
  it.each([
    ['is not an object', 'text'],
    ['is null', null],
    ['is an array', [good.publicJwk]],
    ['is a secret key', { kty: 'oct', k: 'c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0', kid: 'bad' }],
    ['is RSA of 1024 bits', { ...small, kid: 'bad', alg: 'RS256' }],
    ['is on secp256k1', { ...koblitz, kid: 'bad' }],
    ['is a point that is not on its curve', changed(good.publicJwk, { kid: 'bad', y: other.publicJwk.y })],
    ['lacks a coordinate', changed(good.publicJwk, { kid: 'bad', y: undefined })],
    ['has no kid among others', changed(other.publicJwk, { kid: undefined })],
    ['has a kid that is a number', changed(other.publicJwk, { kid: 7 })],
    ['states an algorithm of another type', changed(other.publicJwk, { kid: 'bad', alg: 'RS256' })],
    ['states HS256', changed(other.publicJwk, { kid: 'bad', alg: 'HS256' })],
    ['states none', changed(other.publicJwk, { kid: 'bad', alg: 'none' })],
    ['states an algorithm that is no string', changed(other.publicJwk, { kid: 'bad', alg: ['ES256'] })],
    ['states ES256 for P-384', changed(p384.publicJwk, { kid: 'bad', alg: 'ES256' })],
  ])('%s', (_what, bad: unknown) => {
    const set = readKeySet({ keys: [good.publicJwk, bad] }, ['ES256']);
    expect([...set.byId.keys()]).toEqual([good.kid]);
    expect(set.warnings).toHaveLength(1);
    expect(set.warnings[0]).toMatch(/^keys\[1\] is left out: /);
    expect(set.warnings[0]).not.toContain('c2VjcmV0');
  });

  it('is of a kind that no algorithm takes, which the warning names by its kid', () => {
    const set = readKeySet({ keys: [good.publicJwk, { ...koblitz, kid: `a\n${'x'.repeat(500)}` }] }, [
      'ES256',
    ]);
    expect(set.warnings).toEqual([
      `keys[1] is left out: the algorithm, type, curve or size of the key "a\\n${'x'.repeat(58)}" is not accepted`,
    ]);
  });

  it.each(['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'])('holds the private member %s', (member) => {
    const leaked = { ...other.publicJwk, [member]: 'c2VjcmV0' };
    const set = readKeySet({ keys: [good.publicJwk, leaked] }, ['ES256']);
    expect([...set.byId.keys()]).toEqual([good.kid]);
    expect(set.warnings).toEqual(['keys[1] is left out: it is a private key; treat it as compromised']);
  });
});

describe('the algorithm of a key', () => {
  it.each([
    ['its own alg, although the issuer prefers another', 'PS256', ['RS256', 'PS256'], 'PS256'],
    ['its own alg, although the issuer may not use it', 'PS256', ['RS256'], 'PS256'],
    ['the only allowed one that fits', undefined, ['ES256', 'PS384'], 'PS384'],
    ['the first allowed one of several that fit', undefined, ['PS256', 'RS256'], 'PS256'],
    ['one that the issuer may not use, when no allowed one fits', undefined, ['ES256'], 'RS256'],
  ] as const)('is %s', (_what, alg, allowed, expected) => {
    const jwk = changed(rsa.publicJwk, { alg });
    expect(readKeySet({ keys: [jwk] }, allowed).byId.get(rsa.kid)?.algorithm).toBe(expected);
  });

  it('is none at all when the key is for encryption or its operations do not include verify', () => {
    const keys = [
      changed(good.publicJwk, { kid: 'a', use: 'enc' }),
      changed(good.publicJwk, { kid: 'b', key_ops: ['encrypt'] }),
      changed(good.publicJwk, { kid: 'c', key_ops: 'verify' }),
      changed(good.publicJwk, { kid: 'd', key_ops: ['verify'] }),
    ];
    const { byId } = readKeySet({ keys }, ['ES256']);
    expect([...byId].map(([kid, key]) => [kid, key.algorithm])).toEqual([
      ['a', undefined],
      ['b', undefined],
      ['c', undefined],
      ['d', 'ES256'],
    ]);
  });

  it('is EdDSA for a key that states Ed25519', async () => {
    const edwards = await signingKeyOf((await createSigningKey('EdDSA')).privateKey, 'EdDSA', 'ed');
    const jwk = changed(edwards.publicJwk, { alg: 'Ed25519' });
    expect(readKeySet({ keys: [jwk] }, ['EdDSA']).byId.get('ed')?.algorithm).toBe('EdDSA');
  });
});

it('the only key of a set may have no kid', () => {
  expect(idsOf([changed(good.publicJwk, { kid: undefined })])).toEqual(['']);
});
