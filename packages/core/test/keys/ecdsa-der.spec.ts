import { generateKeyPairSync, sign, verify } from 'node:crypto';
import fc from 'fast-check';
import { fromDer, toDer } from '../../src/keys/ecdsa-der.js';

const CURVES = [
  ['prime256v1', 32],
  ['secp384r1', 48],
  ['secp521r1', 66],
] as const;

describe.each(CURVES)('a signature on %s', (namedCurve, size) => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
  const jws = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const;

  it('is the same in both forms, as OpenSSL checks it', () => {
    for (let count = 0; count < 100; count++) {
      const input = Buffer.from(`input ${String(count)}`);
      expect(verify('sha256', input, publicKey, toDer(sign('sha256', input, jws)))).toBe(true);
      const translated = fromDer(sign('sha256', input, privateKey), size);
      expect(translated).toHaveLength(2 * size);
      expect(verify('sha256', input, { key: publicKey, dsaEncoding: 'ieee-p1363' }, translated)).toBe(true);
    }
  });

  it('comes back from DER as it was, also with numbers that begin with zeros or are 0', () => {
    const number = fc
      .tuple(fc.nat(size), fc.uint8Array({ minLength: size, maxLength: size }))
      .map(([zeros, octets]) => octets.fill(0, 0, zeros));
    fc.assert(
      fc.property(number, number, (r, s) => {
        const signature = Buffer.concat([r, s]);
        expect(fromDer(toDer(signature), size)).toEqual(signature);
      }),
    );
  });
});

describe('DER', () => {
  const der = toDer(Buffer.from([...Buffer.alloc(31), 5, 0x80, ...Buffer.alloc(31)]));

  it('has no more zeros than its numbers need, and one before a first bit that is set', () => {
    expect(der.toString('hex')).toBe(`302602010502210080${'00'.repeat(31)}`);
  });

  it.each([
    ['is no sequence', (octets: Buffer) => Buffer.from([0x31, ...octets.subarray(1)])],
    ['has something behind it', (octets: Buffer) => Buffer.from([...octets, 0])],
    ['ends too soon', (octets: Buffer) => octets.subarray(0, -1)],
    ['says another length', (octets: Buffer) => Buffer.from([0x30, 0x25, ...octets.subarray(2)])],
    [
      'holds no number',
      (octets: Buffer) => Buffer.from([...octets.subarray(0, 2), 3, ...octets.subarray(3)]),
    ],
    ['holds a number that is too long', () => toDer(Buffer.alloc(80, 1))],
    ['is empty', () => Buffer.alloc(0)],
  ])('that %s is refused', (_what, change) => {
    expect(fromDer(der, 32)).toHaveLength(64);
    expect(() => fromDer(change(der), 32)).toThrow(TypeError);
  });
});
