import { constants, sign } from 'node:crypto';
import {
  base64url,
  createForgeKey,
  EVERY_ALGORITHM,
  forgeToken,
  ISSUER,
  trustedKey,
} from '../support/forge.js';
import { authenticated, createScene, faultOf, refused } from '../support/scene.js';

describe('the signature of a token', () => {
  it.each(EVERY_ALGORITHM)('by another %s key of the same name is invalid', async (algorithm) => {
    expect(await refused({ signedBy: createForgeKey(algorithm) }, { key: trustedKey(algorithm) })).toBe(
      'signature_invalid',
    );
  });

  it.each(EVERY_ALGORITHM)('is invalid after any one bit of it changed: %s', async (algorithm) => {
    const scene = createScene({ key: trustedKey(algorithm) });
    for (let octet = 0; octet < 64; octet++) {
      const signature = (bytes: Buffer) => flipped(bytes, octet);
      expect(await scene.refused({ signature })).toBe('signature_invalid');
    }
  });

  it.each(EVERY_ALGORITHM)('covers header and claims: %s', async (algorithm) => {
    const scene = createScene({ key: trustedKey(algorithm) });
    const claims = { sub: ISSUER, scope: 'user:read' };
    const compact = (token: string) =>
      withOtherClaims(token, (text) => text.replace('user:read', 'user:rea~'));
    expect(await scene.refused({ claims, compact })).toBe('signature_invalid');
    const spaced = (token: string) => withOtherClaims(token, (text) => `${text} `);
    expect(await scene.refused({ claims, compact: spaced })).toBe('signature_invalid');
    const header = (token: string) => withOtherHeader(token, (text) => text.replace('svc+jwt', 'SVC+jwt'));
    expect(await scene.refused({ claims, compact: header })).toBe('signature_invalid');
  });

  it('of another token with the same header is invalid', async () => {
    const other = forgeToken({ claims: { jti: 'other' } });
    const compact = (token: string) => withoutSignature(token) + other.slice(other.lastIndexOf('.') + 1);
    expect(await refused({ compact })).toBe('signature_invalid');
  });

  it.each(EVERY_ALGORITHM)('has the one length that %s has', async (algorithm) => {
    const scene = createScene({ key: trustedKey(algorithm) });
    const lengths: ((bytes: Buffer) => Buffer)[] = [
      (bytes) => bytes.subarray(1),
      (bytes) => bytes.subarray(0, -1),
      (bytes) => Buffer.concat([bytes, Buffer.alloc(1)]),
      (bytes) => Buffer.concat([Buffer.alloc(1), bytes]),
      (bytes) => Buffer.concat([bytes, bytes]),
      () => Buffer.alloc(1),
    ];
    for (const signature of lengths) expect(await scene.refused({ signature })).toBe('signature_invalid');
  });

  it.each(['ES256', 'ES384', 'ES512'] as const)('cannot be DER: %s', async (algorithm) => {
    const key = trustedKey(algorithm);
    const hash = { ES256: 'sha256', ES384: 'sha384', ES512: 'sha512' }[algorithm];
    const signature = (_: Buffer, input: string) => sign(hash, Buffer.from(input), key.privateKey);
    expect(await refused({ signature }, { key })).toBe('signature_invalid');
  });

  it.each(['ES256', 'ES384', 'ES512'] as const)(
    'has no R or S of zero, or of the order or more: %s',
    async (algorithm) => {
      const scene = createScene({ key: trustedKey(algorithm) });
      const zero = (half: Buffer) => Buffer.alloc(half.length);
      const full = (half: Buffer) => Buffer.alloc(half.length, 0xff);
      const order = (half: Buffer) => Buffer.from(ORDERS[algorithm].padStart(half.length * 2, '0'), 'hex');
      const same = (half: Buffer) => half;
      for (const change of [zero, full, order]) {
        for (const [r, s] of [
          [change, same],
          [same, change],
          [change, change],
        ] as const) {
          const signature = (bytes: Buffer) => {
            const half = bytes.length / 2;
            return Buffer.concat([r(bytes.subarray(0, half)), s(bytes.subarray(half))]);
          };
          expect(await scene.refused({ signature })).toBe('signature_invalid');
        }
      }
    },
  );

  it.each(['RS256', 'PS256', 'EdDSA'] as const)(
    'is invalid when it is all zeros or all ones: %s',
    async (algorithm) => {
      const scene = createScene({ key: trustedKey(algorithm) });
      for (const octet of [0x00, 0x01, 0xff]) {
        expect(await scene.refused({ signature: (bytes) => Buffer.alloc(bytes.length, octet) })).toBe(
          'signature_invalid',
        );
      }
    },
  );

  it.each([
    ['RS256', 'PS256'],
    ['PS256', 'RS256'],
    ['RS256', 'RS384'],
    ['PS256', 'PS512'],
  ] as const)('under a header that says %s cannot be made as %s', async (algorithm, signedAs) => {
    expect(await refused({ signedAs }, { key: trustedKey(algorithm) })).toBe('signature_invalid');
  });

  it.each([0, 20, 222])('of PS256 has a salt as long as the hash, not %i octets', async (saltLength) => {
    const key = trustedKey('PS256');
    const padding = constants.RSA_PKCS1_PSS_PADDING;
    const signature = (_: Buffer, input: string) =>
      sign('sha256', Buffer.from(input), { key: key.privateKey, padding, saltLength });
    expect(await refused({ signature }, { key })).toBe('signature_invalid');
  });

  it('of EdDSA with S beyond the order is invalid', async () => {
    const order = (1n << 252n) + 27742317777372353535851937790883648493n;
    const signature = (bytes: Buffer) => {
      const s = BigInt(`0x${Buffer.from(bytes.subarray(32)).reverse().toString('hex')}`) + order;
      const octets = Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse();
      return Buffer.concat([bytes.subarray(0, 32), octets]);
    };
    expect(await refused({ signature }, { key: trustedKey('EdDSA') })).toBe('signature_invalid');
  });

  it('is judged before the claims: a forgery learns nothing from them', async () => {
    const wrong = { exp: 1, aud: 'https://elsewhere.service/', sub: undefined };
    expect(await refused({ claims: wrong, signedBy: createForgeKey() })).toBe('signature_invalid');
    expect(await refused({ claims: wrong, header: { typ: 'JWT' }, signedBy: createForgeKey() })).toBe(
      'signature_invalid',
    );
  });
});

it('names the fault of a signature without a library’s words', async () => {
  const scene = createScene({ key: trustedKey('RS256') });
  const request = scene.request({ signature: (bytes) => Buffer.alloc(bytes.length, 0xff) });
  const fault = await faultOf(authenticated(scene.verifier, request));
  expect(fault.message).toBe('the signature is not by the key of herald');
  expect(fault.cause).toBeUndefined();
});

it('keeps the public key of a trust record although its owner changes the object later', async () => {
  const jwk = { ...trustedKey().jwk };
  const scene = createScene({ trust: { keys: { jwks: { keys: [jwk] } } } });
  Object.assign(jwk, createForgeKey().jwk);
  await expect(scene.accepted()).resolves.toBeDefined();
});

/** The orders of the groups (FIPS 186-4, appendix D.1.2). */
const ORDERS = {
  ES256: 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551',
  ES384: 'ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973',
  ES512:
    '01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409',
};

function flipped(octets: Buffer, at: number): Buffer {
  const copy = Buffer.from(octets);
  copy[at] = copy[at]! ^ (1 << (at % 8));
  return copy;
}

function withoutSignature(token: string): string {
  return token.slice(0, token.lastIndexOf('.') + 1);
}

function withOtherClaims(token: string, change: (json: string) => string): string {
  const [header = '', claims = '', signature = ''] = token.split('.');
  const changed = base64url(change(Buffer.from(claims, 'base64url').toString()));
  expect(changed).not.toBe(claims);
  return [header, changed, signature].join('.');
}

function withOtherHeader(token: string, change: (json: string) => string): string {
  const [header = '', claims = '', signature = ''] = token.split('.');
  const changed = base64url(change(Buffer.from(header, 'base64url').toString()));
  expect(changed).not.toBe(header);
  return [changed, claims, signature].join('.');
}
