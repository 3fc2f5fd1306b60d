import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import {
  ALGORITHMS,
  algorithmNamed,
  algorithmRules,
  keyFits,
  signatureBytes,
} from '../../src/crypto/algorithms.js';
import { privateKeyFor } from '../support/signing-key.js';

const keys = {
  'RSA of 2048 bits': privateKeyFor('RS256'),
  'P-256': privateKeyFor('ES256'),
  'P-384': privateKeyFor('ES384'),
  'P-521': privateKeyFor('ES512'),
  Ed25519: privateKeyFor('EdDSA'),
};
const RSA = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];

describe('the table of algorithms', () => {
  it('knows ten algorithms, and neither HMAC nor none is among them', () => {
    expect(ALGORITHMS).toEqual([...RSA, 'ES256', 'ES384', 'ES512', 'EdDSA']);
  });

  it.each(['HS256', 'none', 'None', 'rs256', 'ES256K', 'Ed448', '', ' RS256', '__proto__', 'constructor'])(
    'does not know "%s"',
    (name) => {
      expect(algorithmNamed(name)).toBeUndefined();
    },
  );

  it('takes Ed25519, the name that RFC 9864 gives it, for EdDSA', () => {
    expect(algorithmNamed('Ed25519')).toBe('EdDSA');
  });

  it.each([
    ['RSA of 2048 bits', RSA],
    ['P-256', ['ES256']],
    ['P-384', ['ES384']],
    ['P-521', ['ES512']],
    ['Ed25519', ['EdDSA']],
  ] as const)('lets a key of type %s do %j and nothing else', (type, algorithms) => {
    const fitting = ALGORITHMS.filter((name) => keyFits(keys[type], algorithmNamed(name)!));
    expect(fitting).toEqual(algorithms);
  });

  it.each([
    ['RSA below 2048 bits', generateKeyPairSync('rsa', { modulusLength: 2040 }).publicKey],
    [
      'an RSA key that is restricted to PSS',
      generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).publicKey,
    ],
    ['secp256k1', generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey],
    ['Ed448', generateKeyPairSync('ed448').publicKey],
    ['X25519, which does not sign', generateKeyPairSync('x25519').publicKey],
  ])('lets %s do nothing', (_type, key) => {
    expect(ALGORITHMS.filter((name) => keyFits(key, algorithmNamed(name)!))).toEqual([]);
  });

  it('lets RSA with the exponent 1 do nothing: anybody could write its signatures', () => {
    const { n, kty } = keys['RSA of 2048 bits'].export({ format: 'jwk' });
    const key = createPublicKey({ key: { kty: kty!, n: n!, e: 'AQ' }, format: 'jwk' });
    expect(ALGORITHMS.filter((name) => keyFits(key, algorithmNamed(name)!))).toEqual([]);
  });

  it.each([
    ['ES256', 'P-256', 64],
    ['ES384', 'P-384', 96],
    ['ES512', 'P-521', 132],
    ['EdDSA', 'Ed25519', 64],
    ['PS512', 'RSA of 2048 bits', 256],
  ] as const)('knows that an %s signature by %s has %i octets', (algorithm, type, octets) => {
    expect(signatureBytes(keys[type], algorithm)).toBe(octets);
  });

  it('gives PSS a salt as long as its hash (RFC 7518 section 3.5)', () => {
    expect(algorithmRules('PS384')).toMatchObject({ hash: 'sha384', saltLength: -1 });
  });
});
