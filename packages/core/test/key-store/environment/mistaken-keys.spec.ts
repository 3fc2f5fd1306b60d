import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { createKeyStore } from '../../../src/key-store/create-key-store.js';
import { afterItsCurve, base64, derOf, escaped, jwkOf, pemOf } from '../../support/key-texts.js';
import { selfSigned } from '../../support/self-signed.js';
import { privateKeyFor } from '../../support/signing-key.js';

const VARIABLE = 'COUNTERSIGN_TEST_PRIVATE_KEYS';

afterEach(() => void Reflect.deleteProperty(process.env, VARIABLE));

function open(value: string): Promise<unknown> {
  process.env[VARIABLE] = value;
  return createKeyStore({ environment: VARIABLE });
}

const ec = privateKeyFor('ES256');
const ed = privateKeyFor('EdDSA');
const rsa = privateKeyFor('RS256');

const CUT_OFF = /is cut off; where only the first line of a value is kept/;
const DAMAGED = /is damaged: what it holds is not a private key/;
const UNKNOWN = /holds no key: it is neither PEM, nor a JWK as JSON, nor base64 of a key/;
const OTHER_JSON = /is JSON, but neither a JWK, nor a set or an array of JWKs/;
const PUBLIC = /is a public key; signing needs the private one/;
const ENCRYPTED = /is encrypted; decrypt it before you hand it over/;
const CERTIFICATE = /is a certificate; signing needs the private key that belongs to it/;

const publicKey = createPublicKey(ec);
const locked = { cipher: 'aes-256-cbc', passphrase: 'open sesame' } as const;
const pem = pemOf(ec);
const certificate = selfSigned('census').cert;
const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
const weakExponent = generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 17 }).privateKey;
const curve = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey;
const lines = pem.split('\n');

const MISTAKES: readonly (readonly [what: string, value: string | undefined, sentence: RegExp])[] = [
  ['a variable that is not set', undefined, / is not set$/],
  ['an empty one', '', / is empty$/],
  ['one of whitespace', ' \n\t', / is empty$/],
  ['one of quotes', '""', / is empty$/],
  ['a public key in PEM', publicKey.export({ format: 'pem', type: 'spki' }).toString(), PUBLIC],
  [
    'a public RSA key of the old form',
    createPublicKey(rsa).export({ format: 'pem', type: 'pkcs1' }).toString(),
    PUBLIC,
  ],
  ['a public key in base64 of PEM', base64(publicKey.export({ format: 'pem', type: 'spki' })), PUBLIC],
  ['a public key in base64 of DER', base64(publicKey.export({ format: 'der', type: 'spki' })), PUBLIC],
  [
    'a public RSA key in base64 of DER',
    base64(createPublicKey(rsa).export({ format: 'der', type: 'pkcs1' })),
    PUBLIC,
  ],
  ['a public JWK', JSON.stringify(jwkOf(publicKey)), PUBLIC],
  ['a set of public keys', JSON.stringify({ keys: [jwkOf(publicKey)] }), PUBLIC],
  ['a certificate', certificate, CERTIFICATE],
  ['a certificate in one line', escaped(certificate), CERTIFICATE],
  ['a certificate in base64 of DER', certificate.replace(/-.*-|\s/g, ''), CERTIFICATE],
  ['an encrypted key', ec.export({ format: 'pem', type: 'pkcs8', ...locked }).toString(), ENCRYPTED],
  [
    'an encrypted key of the old form',
    rsa.export({ format: 'pem', type: 'pkcs1', ...locked }).toString(),
    ENCRYPTED,
  ],
  [
    'an encrypted SEC1 key in one line',
    escaped(ec.export({ format: 'pem', type: 'sec1', ...locked }).toString()),
    ENCRYPTED,
  ],
  [
    'an encrypted key in base64 of DER',
    base64(ec.export({ format: 'der', type: 'pkcs8', ...locked })),
    ENCRYPTED,
  ],
  [
    'a key in the format of OpenSSH',
    pem.replaceAll('PRIVATE', 'OPENSSH PRIVATE'),
    /is in the format of OpenSSH; write it as PKCS8/,
  ],
  ['PEM without a private key', afterItsCurve(''), /is PEM, but no private key/],
  [
    'a request for a certificate',
    certificate.replaceAll('CERTIFICATE', 'CERTIFICATE REQUEST'),
    /is PEM, but no private key/,
  ],
  ['the first line of PEM', lines[0], CUT_OFF],
  ['the first line of PEM and its quote', `"${String(lines[0])}`, CUT_OFF],
  ['PEM without its end', lines.slice(0, -2).join('\n'), CUT_OFF],
  ['PEM without its beginning', lines.slice(1).join('\n'), CUT_OFF],
  ['PEM with a line left out', [...lines.slice(0, 2), ...lines.slice(3)].join('\n'), CUT_OFF],
  ['PEM that ends as something else', pem.replace('END PRIVATE', 'END PUBLIC'), CUT_OFF],
  ['PEM whose dashes are cut', pem.replace('-----BEGIN', '----BEGIN'), CUT_OFF],
  ['base64 of half of a PEM', base64(pem.slice(0, 100)), CUT_OFF],
  ['half of base64 of DER', base64(derOf(ec)).slice(0, 80), CUT_OFF],
  ['PEM with nothing in it', `${String(lines[0])}\n${String(lines.at(-2))}`, DAMAGED],
  ['PEM with a letter that base64 does not have', pem.replace('\nM', '\n*'), DAMAGED],
  ['PEM with other octets', pem.replace(/\nMIGH/, '\nMIGHAAAA'), DAMAGED],
  ['PEM of something else', pem.replace(String(lines[1]), base64('this is not a key at all')), DAMAGED],
  [
    'half of a JWK',
    JSON.stringify(jwkOf(ec)).slice(0, 60),
    /is not valid JSON: it may be cut off, or have lost its quotes/,
  ],
  ['a JWK whose quotes a shell took', JSON.stringify(jwkOf(ec)).replaceAll('"', ''), /is not valid JSON/],
  ['JSON that is no key', '{"type":"service_account"}', OTHER_JSON],
  ['JSON that holds PEM', JSON.stringify({ private_key: pem }), OTHER_JSON],
  ['an array of other things', JSON.stringify([jwkOf(ec), 'x']), OTHER_JSON],
  ['a set whose keys are no list', '{"keys":"none"}', OTHER_JSON],
  ['an empty set', '{"keys":[]}', /is a set without a key/],
  ['an empty array', '[]', /is a set without a key/],
  ['a secret', '{"kty":"oct","k":"c2VjcmV0"}', /is a symmetric key; signing needs a private one/],
  ['a JWK with half of its members', JSON.stringify({ kty: 'EC', d: jwkOf(ec).d }), /must be a private key/],
  ['a password', 'open sesame', UNKNOWN],
  ['a password without a space', 'opensesame', UNKNOWN],
  ['the path of a file', '/run/secrets/private.pem', UNKNOWN],
  ['the path of a file without an extension', '/run/secrets/key', UNKNOWN],
  ['a number', '1', UNKNOWN],
  ['"undefined"', 'undefined', UNKNOWN],
  ['RSA of 1024 bits', pemOf(weak), /is weak: RSA needs at least 2048 bits/],
  ['RSA of 1024 bits as a JWK', JSON.stringify(jwkOf(weak)), /is weak: RSA needs at least 2048 bits/],
  ['RSA with a small exponent', pemOf(weakExponent), /is weak: its exponent/],
  ['a curve that nobody signs with', pemOf(curve), /must be a key for ES256, ES384, EdDSA, RS256, PS256/],
];

describe('does not start with', () => {
  it.each(MISTAKES)('%s', async (_what, value, sentence) => {
    if (value !== undefined) process.env[VARIABLE] = value;
    const error: unknown = await createKeyStore({ environment: VARIABLE }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'TypeError', code: 'config_invalid' });
    const { message, cause } = error as Error;
    expect(message).toMatch(sentence);
    expect(message).toMatch(new RegExp(`^keys\\.environment: ${VARIABLE} `));
    expect(cause).toBeUndefined();
    expectNothingOf(value ?? '', message);
  });

  it('a bad key beside good ones, and says which it is', async () => {
    const values = [
      `${pem}${publicKey.export({ format: 'pem', type: 'spki' }).toString()}`,
      JSON.stringify([jwkOf(ec), jwkOf(publicKey)]),
    ];
    for (const value of values)
      await expect(open(value)).rejects.toThrow(`keys.environment: ${VARIABLE}[1] is a public key`);
  });

  it('a certificate beside its key', async () => {
    await expect(open(`${pem}${certificate}`)).rejects.toThrow(`${VARIABLE}[1] is a certificate`);
  });

  it.each([
    pem,
    JSON.stringify(jwkOf(ec)),
    base64(derOf(ed)),
    derOf(ed).toString('base64url'),
    '',
    'A=B',
    'A B',
    7,
    null,
  ])('the value of a variable in place of its name, and does not show it: case %#', async (environment) => {
    const opened = createKeyStore({ environment: environment as string });
    await expect(opened).rejects.toThrow(
      new TypeError(
        'keys.environment must be the name of an environment variable, such as "PRIVATE_KEYS"; not its value',
      ),
    );
  });

  it.each([
    ['PEM', pem.trimEnd()],
    ['PEM in one line', escaped(pem.trimEnd())],
    ['PEM in quotes', JSON.stringify(pem.trimEnd())],
    ['base64 of PEM', base64(pem.trimEnd())],
    ['base64 of DER', base64(derOf(ec))],
    ['a JWK', JSON.stringify(jwkOf(ec))],
  ])('%s, wherever it is cut off', async (_what, value) => {
    const lost = value.startsWith('"') ? 2 : 1 + (/=*$/.exec(value)?.[0].length ?? 0);
    for (let length = 0; length <= value.length - lost; length += 1) {
      const error: unknown = await open(value.slice(0, length)).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ name: 'TypeError', code: 'config_invalid' });
      expectNothingOf(value, (error as Error).message);
    }
  });

  it('an algorithm, which is that of the key', async () => {
    process.env[VARIABLE] = pem;
    const options = { environment: VARIABLE, algorithm: 'ES256' } as unknown as { environment: string };
    await expect(createKeyStore(options)).rejects.toThrow('keys.algorithm is not for environment');
  });
});

/** No eight letters of a value in a message, but for words that are ours. */
function expectNothingOf(value: string, message: string): void {
  const said = message.replace(/PRIVATE|"PRIVATE_KEYS"|keys|undefined/g, ' ');
  const parts = Array.from({ length: said.length - 7 }, (_, at) => said.slice(at, at + 8));
  expect(parts.filter((part) => !part.includes(' ') && value.includes(part))).toEqual([]);
}
