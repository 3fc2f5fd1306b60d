import { type KeyObject } from 'node:crypto';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { createKeyStore } from '../../../src/key-store/create-key-store.js';
import { type OpenKeyStore } from '../../../src/signing-keys/key-store.js';
import { signToken } from '../../../src/signing-keys/sign-token.js';
import { afterItsCurve, base64, derOf, escaped, jwkOf, kidOf, pemOf } from '../../support/key-texts.js';
import { privateKeyFor } from '../../support/signing-key.js';

const VARIABLE = 'COUNTERSIGN_TEST_PRIVATE_KEYS';

afterEach(() => void Reflect.deleteProperty(process.env, VARIABLE));

function open(value: string): Promise<OpenKeyStore> {
  process.env[VARIABLE] = value;
  return createKeyStore({ environment: VARIABLE });
}

const ec = privateKeyFor('ES256');
const ed = privateKeyFor('EdDSA');
const rsa = privateKeyFor('RS256');
const bag = (pem: string): string =>
  `Bag Attributes\n    localKeyID: 01 02\nKey Attributes: <No Attributes>\n${pem}`;
/** How a value comes out of files, shells and orchestrators. */
const WRITTEN: readonly (readonly [how: string, write: (text: string) => string])[] = [
  ['as it is', (text) => text],
  ['with \\n in place of line breaks', escaped],
  ['with \\r\\n in place of line breaks', (text) => text.replaceAll('\n', '\\r\\n')],
  ['with \\\\n in place of line breaks', (text) => text.replaceAll('\n', '\\\\n')],
  ['with line breaks of Windows', (text) => text.replaceAll('\n', '\r\n')],
  ['in double quotes', (text) => `"${text}"`],
  ['in single quotes', (text) => `'${text}'`],
  ['in double quotes and one line', (text) => `"${escaped(text)}"`],
  ['in quotes within quotes', (text) => `'"${escaped(text)}"'`],
  ['as a JSON string', (text) => JSON.stringify(text)],
  ['indented', (text) => text.replace(/^/gm, '    ')],
  ['with spaces in place of line breaks', (text) => text.replaceAll('\n', ' ')],
  ['with its line breaks taken out', (text) => text.replaceAll('\n', '')],
  ['without any whitespace', (text) => text.replace(/\s/g, '')],
  ['with space around it', (text) => `\n\t ${text} \n\n`],
  ['after a byte order mark', (text) => `\uFEFF${text}`],
  ['in base64', base64],
  ['in base64 of 76 columns', (text) => base64(text).replace(/.{76}/g, '$&\n')],
  ['in base64 of 76 columns, with \\n', (text) => base64(text).replace(/.{76}/g, '$&\\n')],
  ['in base64 and quotes', (text) => `"${base64(text)}"`],
  ['in base64url', (text) => Buffer.from(text).toString('base64url')],
];

const PEM: readonly (readonly [what: string, key: KeyObject, pem: string])[] = [
  ['PKCS8 of an EC key', ec, pemOf(ec)],
  ['PKCS8 of an Ed25519 key', ed, pemOf(ed)],
  ['PKCS8 of an RSA key', rsa, pemOf(rsa)],
  ['SEC1', ec, pemOf(ec, 'sec1')],
  ['SEC1 after the name of its curve', ec, afterItsCurve(pemOf(ec, 'sec1'))],
  ['PKCS1', rsa, pemOf(rsa, 'pkcs1')],
  ['PKCS8 with what OpenSSL writes before it', rsa, bag(pemOf(rsa))],
];

const JWKS: readonly (readonly [what: string, key: KeyObject, json: string])[] = [
  ['a JWK', ec, JSON.stringify(jwkOf(ec))],
  ['a JWK over several lines', ec, JSON.stringify(jwkOf(ec), null, 2)],
  ['a JWK set', ed, JSON.stringify({ keys: [jwkOf(ed)] })],
  ['an array of JWKs', rsa, JSON.stringify([jwkOf(rsa)])],
];

describe('a key in an environment variable', () => {
  it.each(
    [...PEM, ...JWKS].flatMap(([what, key, text]) =>
      WRITTEN.map(([how, write]) => [what, how, key, write(text)] as const),
    ),
  )('is read: %s, %s', async (_what, _how, key, value) => {
    const store = await open(value);
    expect(store.signer().keyId).toBe(await kidOf(key));
    expect(store.publicKeys().keys).toHaveLength(1);
  });

  it.each([
    ['PKCS8', ec, derOf(ec)],
    ['PKCS8 of Ed25519', ed, derOf(ed)],
    ['SEC1', ec, derOf(ec, 'sec1')],
    ['PKCS1', rsa, derOf(rsa, 'pkcs1')],
  ])('is read: base64 of DER, %s', async (_what, key, der) => {
    const forms = [
      base64(der),
      `"${base64(der)}"`,
      base64(der).replace(/.{64}/g, '$&\n'),
      der.toString('base64url'),
    ];
    for (const value of forms) expect((await open(value)).signer().keyId).toBe(await kidOf(key));
  });

  it('is read where a shell escaped the quotes of a JWK', async () => {
    const json = JSON.stringify(jwkOf(ec));
    expect((await open(json.replaceAll('"', '\\"'))).signer().keyId).toBe(await kidOf(ec));
    expect((await open(`"${json.replaceAll('"', '\\"')}"`)).signer().keyId).toBe(await kidOf(ec));
  });

  it('signs what jose verifies with what is published, and nothing private is', async () => {
    const store = await open(escaped(pemOf(ec, 'sec1')));
    const { keys } = store.publicKeys();
    expect(keys.map((key) => Object.keys(key).sort())).toEqual([
      ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'],
    ]);
    const token = await signToken({ sub: 'x' }, 'svc+jwt', store.signer());
    await expect(
      jwtVerify(token, createLocalJWKSet({ keys: keys.map((key) => ({ ...key })) })),
    ).resolves.toMatchObject({
      protectedHeader: { alg: 'ES256', kid: await kidOf(ec) },
    });
  });

  it('signs by the algorithm of its JWK; in PEM an RSA key signs RS256', async () => {
    expect((await open(JSON.stringify({ ...jwkOf(rsa), alg: 'PS256' }))).signer().algorithm).toBe('PS256');
    expect((await open(pemOf(rsa))).signer().algorithm).toBe('RS256');
  });

  it('is read once: what the variable holds later changes nothing', async () => {
    const store = await open(pemOf(ec));
    process.env[VARIABLE] = pemOf(ed);
    await store.reload();
    expect(store.signer().keyId).toBe(await kidOf(ec));
    expect(store.problems()).toEqual([]);
  });
});

describe('of several keys in an environment variable', () => {
  it.each([
    ['blocks of PEM', `${pemOf(ec)}${pemOf(rsa, 'pkcs1')}${pemOf(ed)}`],
    ['blocks of PEM in one line', escaped(`${pemOf(ec)}\n${pemOf(rsa)}\n${pemOf(ed)}`)],
    ['blocks of PEM without whitespace', `${pemOf(ec)}${pemOf(rsa)}${pemOf(ed)}`.replaceAll('\n', '')],
    ['blocks of PEM in base64', base64(`${afterItsCurve(pemOf(ec, 'sec1'))}${pemOf(rsa)}${pemOf(ed)}`)],
    ['a JWK set', JSON.stringify({ keys: [ec, rsa, ed].map(jwkOf) })],
    ['an array of JWKs', JSON.stringify([ec, rsa, ed].map(jwkOf))],
  ])('all are published and the last one signs: %s', async (_what, value) => {
    const store = await open(value);
    const kids = await Promise.all([ec, rsa, ed].map(kidOf));
    expect(store.publicKeys().keys.map(({ kid }) => kid)).toEqual(kids);
    expect(store.signer().keyId).toBe(kids[2]);
  });

  it('one that comes twice is published once', async () => {
    expect((await open(`${pemOf(ec)}${pemOf(ed)}${pemOf(ec)}`)).publicKeys().keys).toHaveLength(2);
  });
});
