import {
  checkPrimeSync,
  createPublicKey,
  randomBytes,
  randomInt,
  sign as cryptoSign,
  type KeyObject,
} from 'node:crypto';
import { readKeySet } from '../../src/jwks/key-set.js';
import { createKeyStore } from '../../src/key-store/create-key-store.js';
import { createTrustStore } from '../../src/trust/trust-store.js';
import { weaknessOf } from '../../src/crypto/weak-keys.js';
import { boundSetting } from '../support/dpop.js';
import { createForgeKey, EVERY_ALGORITHM, forgeKeyOf, trustedKey } from '../support/forge.js';
import { createRsaKey } from '../support/rsa-key.js';
import { accepted, codeOf, createScene } from '../support/scene.js';
import { createSigningKey } from '../support/signing-key.js';

const hex = (digits: string): string => Buffer.from(digits, 'hex').toString('base64url');
const hexOf = (value: bigint): string =>
  value.toString(16).padStart(2 * Math.ceil(value.toString(16).length / 2), '0');

function rsaJwk(modulus: string, exponent = '010001') {
  return { kty: 'RSA', n: hex(modulus), e: hex(exponent) };
}

function edwardsJwk(point: string) {
  return { kty: 'OKP', crv: 'Ed25519', x: hex(point) };
}

function imported(key: object): KeyObject {
  return createPublicKey({ key: { ...key }, format: 'jwk' });
}

/**
 * Moduli of chips with the fault, of 2,048 and 4,096 bits, and one that differs in its last octet.
 * https://github.com/crocs-muni/roca, roca/tests/data/mod03.txt, fingerprint/tests/data/mod09.txt and mod07.txt
 */
const ROCA_2048 =
  '9dcd7420e420c270a68060eb8b5aa7457a9f6648f86fafed2775cc1f79ae962f1e63f1b9e51c55f9ea6fdc7332e9b0058c9ff2eb1fc89855029cf6aafe21e689feb38ac9ffb12f1ce371bb5d0e9aae64161abce74b4244bf68f1edb4411f756a097c8929c14740245ea355f8332d1aa36bb50c7dcb4505da8de02e4e53d38f8df06097da7524df0df93db48eac8cc4af2d3a16257eb2b2adca6ba464e5974fa92550d31b1babf161e7692d00b86e3dd886ecab4abfbe1a8f8cc263ff4af55cdb45f4249a5193925f5e983d762f0b6800943eb0267b08f42ed311ce1f5c86eacbc8ce4d3cb7a2fee1ef5641423a1cf4114e5ecf50034a60a412523af9e6f4aa11';
const ROCA_4096 =
  'c39a928060db513091b604eadad719ed94e246de8fe15fb76efab5cfabbc3fc5486fe2ef2a5a5a8472f0c5be089edec071fb284df4467fa1fa6c8f0b013d3173fe636744666289bf67b5c998c87b59015d94bb9c20d30a70cfe275e42fd3c6f44d4c5252f9c6b6803f92afd928153bdb90ef08ede934c076f33543f9a1c362130929b9a1324c5ebee6831c251c48a7dee24d75ac538ce9a58d7ff09c12a5d772b6c33f4265a4e4830bd73ad221d24d4d3f092e24279c15fc1d10ca69561f4f071313c86b11ab36a5dd28df392f581834eecfdc9e183a466198e33cf01d273bd41d4b7e288cc66f24eba04676bd2090f6f73830336a317bc2d423b558b9d8f632e12af7b0e7fc9bdb69282e81fdf41a68cf4e85f01fc343dfe52a3ad01f67459d380165159e1209ef1ce4ecd26648e061faf0896551f7f1f92d6b6a19af0ab7f1f092d7e168bcec0ee478b8618489a8967a71e5e0a5c197662d8e9756f090a177109d4a34ae20a18c5629efea5ca66623960fc325f779cdae891a7ec051f00e837b8f2fb9fd19f6a35832ca0e5ce8375972c42a308f7d5ca0434022c131874087e826ed737994e46fbe44f5f1e908934f6033e6851ebd05447dddbaa51c0671849cafd3a503cdc150101914edf33b140c168c3dbea4791e74ea619ab1b31c90691de1d425b746b222a2b26ed54222cbcaf27a054f9f66f77be6466198c33e37dd';
/** Of an ordinary key. */
const modulus = Buffer.from(
  createForgeKey('RS256').publicKey.export({ format: 'jwk' }).n!,
  'base64url',
).toString('hex');
const NOT_ROCA = ROCA_2048.replace(/11$/, '21');

/** A prime of 1,024 bits as those chips made theirs: k * M + (65537^a mod M), where M is the product of 126 primes. */
function rocaPrime(): bigint {
  const primes: bigint[] = [];
  for (let number = 2n; primes.length < 126; number++)
    if (primes.every((prime) => number % prime !== 0n)) primes.push(number);
  const product = primes.reduce((all, prime) => all * prime, 1n);
  let power = 1n;
  for (let steps = randomInt(2 ** 16); steps > 0; steps--) power = (power * 65_537n) % product;
  const least = 2n ** 1023n + 2n ** 1022n;
  for (;;) {
    const more = BigInt(`0x${randomBytes(6).toString('hex')}`);
    const candidate = (least / product + more) * product + power;
    if (checkPrimeSync(candidate)) return candidate;
  }
}

/**
 * Every encoding of the eight points whose order divides 8; the last six of them RFC 8032 forbids.
 * Chalkias, Garillot, Nikolaenko: Taming the many EdDSAs (2020), table 1
 */
const SMALL_ORDER = [
  ['order 1', `01${'00'.repeat(31)}`],
  ['order 2', `ec${'ff'.repeat(30)}7f`],
  ['order 4', '00'.repeat(32)],
  ['order 4, with its sign', `${'00'.repeat(31)}80`],
  ['order 8', '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'],
  ['order 8, with its sign', '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85'],
  ['order 8, the other one', 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'],
  [
    'order 8, the other one with its sign',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
  ],
  ['order 1, with the sign of nothing', `01${'00'.repeat(30)}80`],
  ['order 2, with the sign of nothing', `ec${'ff'.repeat(31)}`],
  ['order 1, beyond the field', `ee${'ff'.repeat(30)}7f`],
  ['order 1, beyond the field with the sign of nothing', `ee${'ff'.repeat(31)}`],
  ['order 4, beyond the field', `ed${'ff'.repeat(30)}7f`],
  ['order 4, beyond the field with its sign', `ed${'ff'.repeat(31)}`],
] as const;

/** A key set of one good key, and one that is called `weak`. */
async function setWith(weak: object) {
  const good = await createSigningKey('EdDSA', 'good');
  return { keys: [good.publicJwk, { ...weak, kid: 'weak' }] };
}

describe('a weak key', () => {
  it.each([
    ['of 2,048 bits from a faulty chip', ROCA_2048],
    ['of 4,096 bits from a faulty chip', ROCA_4096],
    ['made here as those chips made theirs', hexOf(rocaPrime() * rocaPrime())],
  ])('is an RSA key %s', (_what, modulus) => {
    expect(weaknessOf(imported(rsaJwk(modulus)))).toMatch(/ROCA \(CVE-2017-15361\)/);
  });

  it('is not one that differs from that of a faulty chip in one octet', () => {
    expect(weaknessOf(imported(rsaJwk(NOT_ROCA))) ?? '').not.toMatch(/ROCA/);
  });

  it.each([
    '00',
    '01',
    '02',
    '04',
    '05',
    '11',
    '0101',
    'ffff',
    '010000',
    '010002',
    '0100000000',
    '0100000001',
  ])('is an RSA key with the exponent %s, in hex', (exponent) => {
    const problem = 'its exponent is not 3, nor an odd number from 65537 to 2^32';
    expect(weaknessOf(imported(rsaJwk(modulus, exponent)))).toBe(problem);
  });

  it.each(['03', '010001', '010003', 'fffffffb'])('is not one with the exponent %s', (exponent) => {
    expect(weaknessOf(imported(rsaJwk(modulus, exponent)))).toBeUndefined();
  });

  it('is an RSA key with an even modulus', () => {
    expect(weaknessOf(imported(rsaJwk(hexOf(BigInt(`0x${modulus}`) - 1n))))).toBe('its modulus is even');
  });

  it.each(SMALL_ORDER)('is an Ed25519 key of %s', (_what, point) => {
    const problem = 'its point is of small order, so that anybody can sign for it';
    expect(weaknessOf(imported(edwardsJwk(point)))).toBe(problem);
  });

  it.each(EVERY_ALGORITHM)('is no ordinary key for %s', (algorithm) => {
    expect(weaknessOf(createForgeKey(algorithm).publicKey)).toBeUndefined();
  });
});

describe('a weak key of an issuer', () => {
  const ROCA = rsaJwk(ROCA_2048);
  const identity = edwardsJwk(SMALL_ORDER[0][1]);

  it.each([
    ['with the fingerprint of ROCA', ROCA, 'its modulus has the fingerprint of ROCA'],
    ['with the exponent 1', rsaJwk(modulus, '01'), 'its exponent is not 3'],
    ['with an even exponent', rsaJwk(modulus, '010000'), 'its exponent is not 3'],
    ['of small order', identity, 'its point is of small order'],
  ])('is left out with a warning that names it: one %s', async (_what, weak, problem) => {
    const warnings: string[] = [];
    const keys = { jwks: await setWith(weak) };
    const record = {
      name: 'idp',
      issuer: 'https://idp.example/',
      keys,
      algorithms: ['EdDSA', 'RS256'] as const,
    };
    const onWarning = (message: string): void => void warnings.push(message);
    const store = createTrustStore({ trust: [record], onWarning });
    expect(store.keyStatus()).toMatchObject([{ keys: 1 }]);
    expect(warnings).toEqual([
      expect.stringMatching(
        `^trust\\[0\\]\\.keys: keys\\[1\\] is left out: the key "weak" is weak: ${problem}`,
      ),
    ]);
  });

  it('is named by a text that breaks no line of a log, and is no longer than a name', () => {
    const weak = { ...ROCA, kid: `a\nb\u001b[31m${'x'.repeat(500)}` };
    expect(() => readKeySet({ keys: [weak] }, ['RS256'])).toThrow(/^[\x20-\x7e]{1,300}$/);
  });

  it('does not take the place of a good set, alone', () => {
    expect(() => readKeySet({ keys: [{ ...ROCA, kid: 'weak' }] }, ['RS256'])).toThrow('holds no usable key');
  });

  it('verifies no token, though OpenSSL may take the signature of nobody for good by it', async () => {
    const key = forgeKeyOf({ publicKey: imported(identity), privateKey: trustedKey().privateKey }, 'EdDSA');
    const keys = { jwks: { keys: [trustedKey('EdDSA').jwk, { ...key.jwk, kid: 'weak' }] } };
    const scene = createScene({ key: trustedKey('EdDSA'), trust: { keys } });
    const signature = () => Buffer.from(`01${'00'.repeat(63)}`, 'hex');
    expect(await scene.refused({ header: { kid: 'weak' }, signature })).toBe('key_unknown');
  });
});

it('a DPoP proof by a weak key is refused', async () => {
  expect(await codeOf(accepted({}, boundSetting(createRsaKey(2048, 17n))))).toBe('dpop_proof_invalid');
  await expect(accepted({}, boundSetting(createRsaKey(2048)))).resolves.toBeDefined();
});

describe('a service does not start with a weak key of its own', () => {
  const weak = createRsaKey(2048, 17n);
  const problem = 'is weak: its exponent is not 3, nor an odd number from 65537 to 2^32';

  it('that it holds', async () => {
    const opened = createKeyStore({ privateKeys: [weak.privateKey.export({ format: 'jwk' })] });
    await expect(opened).rejects.toMatchObject({ code: 'config_invalid' });
    await expect(opened).rejects.toThrow(`keys.privateKeys[0] ${problem}`);
  });

  it('that another process holds', async () => {
    const publicKey = weak.publicKey.export({ format: 'jwk' });
    const sign = (input: Buffer) => Promise.resolve(cryptoSign('sha256', input, weak.privateKey));
    const opened = createKeyStore({ signers: [{ publicKey, sign, algorithm: 'RS256' }] });
    await expect(opened).rejects.toThrow(`keys.signers[0].publicKey ${problem}`);
  });
});
