import { generateKeyPairSync, sign, verify } from 'node:crypto';
import fc from 'fast-check';
import { fromDer, toDer } from '../../src/crypto/ecdsa-der.js';

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

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const numbers = (...digits: readonly string[]): Buffer =>
  Buffer.concat(digits.map((each) => hex(each.padStart(64, '0'))));

describe('DER', () => {
  it('has no more zeros than its numbers need, and one before a first bit that is set', () => {
    const der = toDer(Buffer.from([...Buffer.alloc(31), 5, 0x80, ...Buffer.alloc(31)]));
    expect(der.toString('hex')).toBe(`302602010502210080${'00'.repeat(31)}`);
  });

  it('of short numbers is filled up, and the zero before a set bit is left out', () => {
    expect(fromDer(hex('3006 020101 020102'), 32)).toEqual(numbers('01', '02'));
    expect(fromDer(hex('3008 02020080 02020081'), 32)).toEqual(numbers('80', '81'));
  });

  it.each([
    ['nothing', ''],
    ['no sequence', '3106 020101 020102'],
    ['a sequence that is longer than the signature', '3007 020101 020102'],
    ['octets after the sequence', '3006 020101 020102 00'],
    ['octets after the second number', '3007 020101 020102 00'],
    ['a sequence that ends too soon', '3006 020101 0201'],
    ['one number', '3003 020101'],
    ['another type than a number', '3006 040101 020102'],
    ['a number without digits', '3005 0200 020102'],
    ['a negative number', '3006 020180 020102'],
    ['a zero too many', '3007 02020001 020102'],
    ['a length in a form that is too long', '308106 020101 020102'],
    ['a number that is too long for the curve', `3026 0221 01${'00'.repeat(32)} 020102`],
  ])('%s is refused', (_what, der) => {
    expect(fromDer(hex('3006 020101 020102'), 32)).toHaveLength(64);
    expect(() => fromDer(hex(der), 32)).toThrow('not an ECDSA signature of this curve in DER');
  });

  it('whatever the octets, there is a signature of the right length or the one refusal', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (octets) => {
        try {
          expect(fromDer(Buffer.from(octets), 32)).toHaveLength(64);
        } catch (error) {
          expect(error).toMatchObject({
            name: 'TypeError',
            message: expect.stringContaining('not an ECDSA'),
          });
        }
      }),
    );
  });
});
