import { generateKeyPairSync, sign, verify } from 'node:crypto';
import fc from 'fast-check';
import { joseSignature } from '../../../src/keys/own/der-signature.js';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const numbers = (...digits: readonly string[]): Buffer =>
  Buffer.concat(digits.map((each) => hex(each.padStart(64, '0'))));

it.each(['P-256', 'P-384', 'P-521'])(
  'of a signature on %s, R and S come out as OpenSSL writes them',
  (namedCurve) => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
    const input = Buffer.from('input');
    const size = sign(null, input, { key: privateKey, dsaEncoding: 'ieee-p1363' }).length;
    for (let time = 0; time < 200; time += 1) {
      const jose = joseSignature(sign('sha256', input, privateKey), size);
      expect(verify('sha256', input, { key: publicKey, dsaEncoding: 'ieee-p1363' }, jose)).toBe(true);
    }
  },
);

it('short numbers are filled up, and the zero before a set bit is left out', () => {
  expect(joseSignature(hex('3006 020101 020102'), 64)).toEqual(numbers('01', '02'));
  expect(joseSignature(hex('3008 02020080 02020081'), 64)).toEqual(numbers('80', '81'));
});

it.each([
  ['nothing', ''],
  ['no sequence', '3106 020101 020102'],
  ['a sequence that is longer than the signature', '3007 020101 020102'],
  ['octets after the sequence', '3006 020101 020102 00'],
  ['octets after the second number', '3007 020101 020102 00'],
  ['one number', '3003 020101'],
  ['another type than a number', '3006 040101 020102'],
  ['a number without digits', '3005 0200 020102'],
  ['a negative number', '3006 020180 020102'],
  ['a zero too many', '3007 02020001 020102'],
  ['a length in a form that is too long', '308106 020101 020102'],
  [
    'a number that is too long for the curve',
    `3026 0221 01${'00'.repeat(32)} 020102`.replace('3026', '3026'),
  ],
])('%s is refused', (_what, der) => {
  expect(() => joseSignature(hex(der), 64)).toThrow('not an ECDSA signature of this curve in DER');
});

it('whatever the octets, there is a signature of the right length or the one refusal', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (octets) => {
      try {
        expect(joseSignature(Buffer.from(octets), 64)).toHaveLength(64);
      } catch (error) {
        expect(error).toMatchObject({ name: 'TypeError', message: expect.stringContaining('not an ECDSA') });
      }
    }),
  );
});
