import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { type Algorithm } from '../../src/crypto/algorithms.js';
import { createForgeKey, forgeKeyOf, trustedKey, type ForgeKey } from '../support/forge.js';
import { accepted, createScene, refused, trustRecord } from '../support/scene.js';

const OTHER_ISSUER = 'https://gateway.service/';

describe('the algorithm of a token', () => {
  it.each(['none', 'None', 'noNE', 'NONE', 'nOnE'])('is never %s', async (alg) => {
    expect(await refused({ header: { alg } })).toBe('algorithm_not_allowed');
    expect(await refused({ header: { alg }, compact: withoutSignature })).toBe('token_malformed');
  });

  it.each([
    'es256',
    'ES256 ',
    'ES256K',
    'HS256',
    'RSA1_5',
    'dir',
    '',
    '__proto__',
    'toString',
    'ES256\u0000',
  ])('must be one that is known, written exactly so: not %j', async (alg) => {
    expect(await refused({ header: { alg } })).toBe('algorithm_not_allowed');
  });

  it.each(['RS256', 'ES256', 'EdDSA'] as const)(
    'cannot be HS256 with the public %s key as its secret',
    async (algorithm) => {
      const key = trustedKey(algorithm);
      const secrets = [
        key.publicKey.export({ type: 'spki', format: 'pem' }),
        key.publicKey.export({ type: 'spki', format: 'der' }),
        JSON.stringify(key.jwk),
      ];
      for (const secret of secrets) {
        const signature = (_: Buffer, input: string) => createHmac('sha256', secret).update(input).digest();
        expect(await refused({ header: { alg: 'HS256' }, signature }, { key })).toBe('algorithm_not_allowed');
      }
    },
  );

  it('must be listed for this issuer, whatever others may use', async () => {
    const key = trustedKey('RS256');
    const others = [{ ...trustRecord(key), name: 'gateway', issuer: OTHER_ISSUER }];
    expect(await refused({ header: { alg: 'RS256' }, signedBy: key }, { others })).toBe(
      'algorithm_not_allowed',
    );
  });

  it('must be the one of the key: a PS256 key verifies no RS256', async () => {
    const key = trustedKey('PS256');
    const trust = { algorithms: ['PS256', 'RS256'] as const };
    expect(await refused({ header: { alg: 'RS256' }, signedAs: 'RS256' }, { key, trust })).toBe(
      'algorithm_not_allowed',
    );
  });

  it('must be the one of the key: an RS256 key verifies no RS512', async () => {
    const key = trustedKey('RS256');
    const trust = { algorithms: ['RS256', 'RS512'] as const };
    expect(await refused({ header: { alg: 'RS512' }, signedAs: 'RS512' }, { key, trust })).toBe(
      'algorithm_not_allowed',
    );
  });

  it.each([
    { use: 'enc' },
    { use: '' },
    { key_ops: ['encrypt'] },
    { key_ops: ['sign'] },
    { key_ops: 'verify' },
  ])('needs a key that is for signatures: not one with %j', async (members) => {
    const other = createForgeKey('ES256');
    const keys = { jwks: { keys: [trustedKey().jwk, { ...other.jwk, ...members }] } };
    const change = { header: { kid: other.kid }, signedBy: other };
    expect(await refused(change, { trust: { keys } })).toBe('algorithm_not_allowed');
  });

  it('needs a key on its own curve: ES256 is nothing for a P-384 key', async () => {
    const other = createForgeKey('ES384');
    const setting = {
      trust: {
        algorithms: ['ES256', 'ES384'] as const,
        keys: { jwks: { keys: [trustedKey().jwk, other.jwk] } },
      },
    };
    await expect(
      accepted({ header: { alg: 'ES384', kid: other.kid }, signedBy: other }, setting),
    ).resolves.toBeDefined();
    // The hash of ES256 on the curve of ES384: what such a header would mean.
    const signature = (_: Buffer, input: string) =>
      sign('sha256', Buffer.from(input), { key: other.privateKey, dsaEncoding: 'ieee-p1363' });
    expect(await refused({ header: { kid: other.kid }, signature }, setting)).toBe('signature_invalid');
  });

  it('may be called Ed25519 instead of EdDSA', async () => {
    const key = trustedKey('EdDSA');
    await expect(accepted({ header: { alg: 'Ed25519' } }, { key })).resolves.toBeDefined();
  });
});

describe('the key of a token', () => {
  it('must be named by a service token', async () => {
    expect(await refused({ header: { kid: undefined } })).toBe('header_not_allowed');
  });

  const thirdParty = { tokenType: 'at+jwt', algorithms: ['ES256'] as const };
  const thirdPartyToken = { header: { typ: 'at+jwt' }, claims: { client_id: 'web' } };

  it('may be left out by a third party that has only one', async () => {
    const setting = { trust: thirdParty, token: thirdPartyToken };
    await expect(accepted({ header: { kid: undefined } }, setting)).resolves.toMatchObject({
      keyId: trustedKey().kid,
    });
  });

  it('cannot be left out by a third party that has two', async () => {
    const keys = { jwks: { keys: [trustedKey().jwk, createForgeKey().jwk] } };
    const setting = { trust: { ...thirdParty, keys }, token: thirdPartyToken };
    expect(await refused({ header: { kid: undefined } }, setting)).toBe('key_unknown');
  });

  it('must be in the set of its issuer', async () => {
    expect(await refused({ header: { kid: 'another-key' } })).toBe('key_unknown');
  });

  it.each(['__proto__', 'constructor', 'toString'])('is not found by the name %s', async (kid) => {
    expect(await refused({ header: { kid } })).toBe('key_unknown');
  });

  it('must be of the issuer that the token names, not of another trusted one', async () => {
    const other = createForgeKey('ES256', 'gateway-key');
    const others = [trustRecord(other, { name: 'gateway', issuer: OTHER_ISSUER })];
    const change = { header: { kid: other.kid }, signedBy: other };
    expect(await refused(change, { others })).toBe('key_unknown');
    const byGateway = { ...change, claims: { iss: OTHER_ISSUER, sub: OTHER_ISSUER } };
    await expect(accepted(byGateway, { others })).resolves.toMatchObject({
      principal: { caller: { name: 'gateway' } },
    });
  });

  it('is refused for the same reason every time when two share a name: the first one counts', async () => {
    const second = { ...createForgeKey('ES256'), kid: trustedKey().kid };
    const jwk = { ...second.jwk, kid: second.kid };
    const warnings: string[] = [];
    const setting = {
      trust: { keys: { jwks: { keys: [trustedKey().jwk, jwk] } } },
      verifier: { onWarning: (message: string) => warnings.push(message) },
    };
    const scene = createScene(setting);
    for (let time = 0; time < 5; time++) {
      await expect(scene.accepted()).resolves.toBeDefined();
      expect(await scene.refused({ signedBy: second })).toBe('signature_invalid');
    }
    expect(warnings).toEqual([expect.stringContaining('the same kid')]);
  });

  const weak: readonly [string, () => ForgeKey, Algorithm][] = [
    [
      'RSA with 1,024 bits',
      () => forgeKeyOf(generateKeyPairSync('rsa', { modulusLength: 1024 }), 'RS256'),
      'RS256',
    ],
    [
      'EC on secp256k1',
      () => forgeKeyOf(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }), 'ES256'),
      'ES256',
    ],
  ];

  it.each(weak)(
    'is left out of the set with a warning when it is weak: %s',
    async (_what, make, algorithm) => {
      const other = make();
      const warnings: string[] = [];
      const setting = {
        trust: {
          algorithms: ['ES256', algorithm] as const,
          keys: { jwks: { keys: [trustedKey().jwk, other.jwk] } },
        },
        verifier: { onWarning: (message: string) => warnings.push(message) },
      };
      const change = { header: { alg: algorithm, kid: other.kid }, signedBy: other };
      expect(await refused(change, setting)).toBe('key_unknown');
      expect(warnings).toHaveLength(1);
    },
  );
});

function withoutSignature(token: string): string {
  return token.slice(0, token.lastIndexOf('.') + 1);
}
