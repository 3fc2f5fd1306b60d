import { fork } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { calculateJwkThumbprint, createLocalJWKSet, jwtVerify, type JWK } from 'jose';
import { emptyBody } from '../../src/inbound/wire-body.js';
import { createVerifier } from '../../src/inbound/verifier.js';
import { createKeyStore } from '../../src/key-store/create-key-store.js';
import { type KeyStore } from '../../src/signing-keys/key-store.js';
import { signToken } from '../../src/signing-keys/sign-token.js';
import { privateKeyFor } from '../support/signing-key.js';
import { transpileCore } from '../support/transpiled-core.js';
import { authenticated } from '../support/scene.js';

let root: string;
let directory: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'countersign-keys-'));
  directory = join(root, 'service', 'keys');
});

afterEach(() => rm(root, { recursive: true }));

async function modeOf(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o777).toString(8);
}

function privateJwk(algorithm: string): JWK {
  return privateKeyFor(algorithm).export({ format: 'jwk' });
}

/** What jose makes of a token by that store, given nothing but what the store publishes. */
async function verifiedByJose(store: KeyStore): Promise<unknown> {
  const token = await signToken({ sub: 'x' }, 'svc+jwt', store.signer());
  return jwtVerify(token, createLocalJWKSet({ keys: store.publicKeys().keys.map((key) => ({ ...key })) }));
}

describe('in an empty directory', () => {
  it('one ES256 key is made, which this user alone may read', async () => {
    const store = await createKeyStore({ directory });
    const file = `key-${store.signer().keyId}.jwk.json`;
    expect(await readdir(directory)).toEqual([file, 'manifest-000001.json']);
    expect(await modeOf(join(directory, file))).toBe('600');
    expect(await modeOf(directory)).toBe('700');
    expect(store.signer().algorithm).toBe('ES256');
  });

  it('what is published is the public members, under the thumbprint of RFC 7638', async () => {
    const { keys } = (await createKeyStore({ directory })).publicKeys();
    expect(keys.map((key) => Object.keys(key).sort())).toEqual([
      ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'],
    ]);
    const [key] = keys;
    expect(key).toMatchObject({ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig' });
    expect(key?.kid).toBe(await calculateJwkThumbprint({ ...key }));
  });

  it('the key is made once: the next start finds it', async () => {
    const first = await createKeyStore({ directory });
    const second = await createKeyStore({ directory, algorithm: 'RS256' });
    expect(second.publicKeys()).toEqual(first.publicKeys());
    expect(second.signer().keyId).toBe(first.signer().keyId);
  });

  it('eight stores that open at once end up with one key', async () => {
    const stores = await Promise.all(Array.from({ length: 8 }, () => createKeyStore({ directory })));
    expect(new Set(stores.map((store) => store.signer().keyId)).size).toBe(1);
    expect(await readdir(directory)).toHaveLength(2);
  });

  it('processes that start at once end up with one key', async () => {
    await transpileCore(join(root, 'core'));
    const script = join(root, 'core', 'open.mjs');
    await writeFile(
      script,
      `import { createKeyStore } from './key-store/create-key-store.js';
       process.once('message', async (directory) => {
         process.send((await createKeyStore({ directory })).signer().keyId, () => process.disconnect());
       });
       process.send('ready');`,
    );
    const children = Array.from({ length: 4 }, () => fork(script, { execArgv: [] }));
    try {
      await Promise.all(children.map((child) => once(child, 'message')));
      const answers = children.map((child) => once(child, 'message'));
      for (const child of children) child.send(directory);
      const keyIds: unknown[] = (await Promise.all(answers)).map(([keyId]) => keyId);
      const store = await createKeyStore({ directory });
      expect(new Set(keyIds)).toEqual(new Set([store.signer().keyId]));
      expect(await readdir(directory)).toHaveLength(2);
    } finally {
      for (const child of children) child.kill();
    }
  });
});

describe.each(['ES256', 'ES384', 'EdDSA', 'RS256', 'PS256'] as const)('a key for %s', (algorithm) => {
  it('is made on request, and jose verifies what it signs with what is published', async () => {
    const store = await createKeyStore({ directory, algorithm });
    await expect(verifiedByJose(store)).resolves.toMatchObject({
      protectedHeader: { alg: algorithm, kid: store.signer().keyId, typ: 'svc+jwt' },
    });
  });

  it('signs what our own verifier accepts', async () => {
    const store = await createKeyStore({ directory, algorithm });
    const issuer = 'https://herald.service/';
    const service = 'https://census.service/';
    const verifier = createVerifier({
      service,
      trust: [{ name: 'herald', issuer, keys: { jwks: store.publicKeys() }, algorithms: [algorithm] }],
    });
    const iat = Math.floor(Date.now() / 1000);
    const claims = { iss: issuer, sub: issuer, aud: service, iat, exp: iat + 60, jti: 'one' };
    const token = await signToken(claims, 'svc+jwt', store.signer());
    const authentication = authenticated(verifier, {
      method: 'GET',
      url: '/user/21/',
      rawHeaders: ['Authorization', `Bearer ${token}`],
      body: () => emptyBody({ hashMd5: false }).hashes(),
    });
    await expect(authentication).resolves.toMatchObject({ keyId: store.signer().keyId });
  });

  it('may be handed over as a JWK or in PEM', async () => {
    const key = privateKeyFor(algorithm);
    const stores = await Promise.all([
      createKeyStore({ privateKeys: [{ ...key.export({ format: 'jwk' }), alg: algorithm }] }),
      createKeyStore({ privateKeys: [key.export({ format: 'pem', type: 'pkcs8' }).toString()] }),
    ]);
    expect(stores[0].signer().keyId).toBe(stores[1].signer().keyId);
    await expect(verifiedByJose(stores[0])).resolves.toBeDefined();
  });
});

describe('of several keys', () => {
  async function put(name: string, jwk: JWK): Promise<string> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await writeFile(join(directory, name), JSON.stringify(jwk), { mode: 0o600 });
    return calculateJwkThumbprint(jwk);
  }

  it('the one with the highest number signs, and all are published', async () => {
    const first = await put('0001.jwk.json', privateJwk('ES256'));
    const third = await put('0010.jwk.json', privateJwk('ES256'));
    const second = await put('0002.jwk.json', privateJwk('RS256'));
    const store = await createKeyStore({ directory });
    expect(store.signer().keyId).toBe(third);
    expect(store.publicKeys().keys.map((key) => key.kid)).toEqual([first, second, third]);
  });

  it('those that are handed over are all published, and the last one signs', async () => {
    const privateKeys = [privateJwk('ES256'), privateJwk('EdDSA')];
    const store = await createKeyStore({ privateKeys });
    expect(store.publicKeys().keys.map((key) => key.alg)).toEqual(['ES256', 'EdDSA']);
    expect(store.signer().algorithm).toBe('EdDSA');
  });

  it('one that comes twice is published once', async () => {
    const [older, newer] = [privateJwk('ES256'), privateJwk('ES256')];
    const store = await createKeyStore({ privateKeys: [older, newer, older] });
    expect(store.publicKeys().keys).toHaveLength(2);
    expect(store.signer().keyId).toBe(await calculateJwkThumbprint(older));
  });

  it('files of another name are none of ours', async () => {
    await put('0001.jwk.json', privateJwk('ES256'));
    await put('0002.jwk.json.bak', privateJwk('ES256'));
    await put('.0003.jwk.json', privateJwk('ES256'));
    expect((await createKeyStore({ directory })).publicKeys().keys).toHaveLength(1);
  });
});

const pkcs8 = { format: 'pem', type: 'pkcs8' } as const;
const encrypted = { ...pkcs8, cipher: 'aes-256-cbc', passphrase: 'open sesame' } as const;
const rsa1024 = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
const p521 = privateKeyFor('ES512');
const secp256k1 = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey;
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const [one, two] = [privateJwk('ES256'), privateJwk('ES256')];
const [rsaOne, rsaTwo] = [privateJwk('RS256'), privateJwk('RS256')];
const [edOne, edTwo] = [privateJwk('EdDSA'), privateJwk('EdDSA')];

const UNFIT = [
  ['RSA of 1024 bits', rsa1024.export({ format: 'jwk' }), /is weak: RSA needs at least 2048 bits/],
  ['RSA of 1024 bits in PEM', rsa1024.export(pkcs8), /is weak: RSA needs at least 2048 bits/],
  ['a key on P-521', p521.export({ format: 'jwk' }), /must be a key for ES256, /],
  ['a key on secp256k1', secp256k1.export({ format: 'jwk' }), /must be a key for ES256, /],
  ['an X25519 key', generateKeyPairSync('x25519').privateKey.export(pkcs8), /must be a key for ES256, /],
  ['a key of another type than its alg', { ...one, alg: 'RS256' }, /must be a key for ES256, /],
  ['a key for HS256', { ...one, alg: 'HS256' }, /must be a key for ES256, /],
  ['a key for encryption', { ...one, use: 'enc' }, /\.use must be "sig"/],
  ['an encrypted PEM', p256.privateKey.export(encrypted), /is encrypted/],
  ['an encrypted PEM of the old form', rsa1024.export({ ...encrypted, type: 'pkcs1' }), /is encrypted/],
  ['a public PEM', p256.publicKey.export({ format: 'pem', type: 'spki' }), /is a public key/],
  ['a public JWK', p256.publicKey.export({ format: 'jwk' }), /is a public key/],
  ['a secret', { kty: 'oct', k: 'c2VjcmV0' }, /is a public key/],
  ['text that is no PEM', 'open sesame', /must be a private key/],
  ['nothing', '', /must be a private key/],
  ['null', null, /must be a private key/],
  ['a list', [one], /must be a private key/],
  ['a JWK with half of its members', { kty: 'EC', d: one.d }, /must be a private key/],
  [
    'an EC key with the public half of another',
    { ...one, x: two.x, y: two.y },
    /whose public half belongs to it/,
  ],
  ['an RSA key with the modulus of another', { ...rsaOne, n: rsaTwo.n }, /whose public half belongs to it/],
  [
    'an Ed25519 key with the public half of another',
    { ...edOne, x: edTwo.x },
    /whose public half belongs to it/,
  ],
  ['a key with the kid of another', { ...one, kid: 'other' }, /\.kid must be the RFC 7638 thumbprint/],
] as const;

describe('does not start with', () => {
  it.each(UNFIT)('%s', async (_what, key, problem) => {
    const opened = createKeyStore({ privateKeys: [one, key as object] });
    await expect(opened).rejects.toThrow(TypeError);
    await expect(opened).rejects.toThrow(problem);
    await expect(opened).rejects.toThrow(/^keys\.privateKeys\[1\]/);
    const message = String(await opened.catch(String));
    for (const secret of ['sesame', 'c2VjcmV0', one.d!, rsaOne.d!, edOne.d!, 'BEGIN'])
      expect(message).not.toContain(secret);
  });

  it.each([
    ['that is not JSON', 'open sesame {'],
    ['that was written half', JSON.stringify(one).slice(0, 100)],
    ['that is empty', ''],
    ['that holds a string', '"open sesame"'],
    ['that holds a list', JSON.stringify([one])],
    ['with a PEM in it', p256.privateKey.export(pkcs8).toString()],
    ['with a public key', JSON.stringify(p256.publicKey.export({ format: 'jwk' }))],
    ['with halves of two keys', JSON.stringify({ ...one, x: two.x, y: two.y })],
  ])('a key file %s, and does not show what it holds', async (_what, content) => {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const file = join(directory, '0002.jwk.json');
    await writeFile(file, content, { mode: 0o600 });
    const opened = createKeyStore({ directory });
    await expect(opened).rejects.toMatchObject({ code: 'config_invalid' });
    const message = String(await opened.catch(String));
    expect(message).toContain(file);
    for (const secret of ['sesame', one.d!, one.x!, two.x!, 'PRIVATE']) expect(message).not.toContain(secret);
    expect(await readFile(file, 'utf8')).toBe(content);
  });

  it.each([
    ['no form', {}, 'keys must hold exactly one of directory, privateKeys, environment, signers'],
    ['both forms', { directory: 'x', privateKeys: [one] }, 'keys must hold exactly one of'],
    ['an empty directory name', { directory: '' }, 'keys.directory must be a non-empty string'],
    ['no private keys', { privateKeys: [] }, 'keys.privateKeys must hold at least one private key'],
    ['one private key that is no list', { privateKeys: one }, 'keys.privateKeys must hold at least one'],
    [
      'an algorithm that is no use here',
      { privateKeys: [one], algorithm: 'ES256' },
      'keys.algorithm is not for privateKeys',
    ],
    ['HMAC', { directory: 'x', algorithm: 'HS256' }, 'keys.algorithm must be one of ES256, '],
    [
      'a listener that is no function',
      { directory: 'x', onKeyMade: 'log' },
      'keys.onKeyMade must be a function',
    ],
    ['a misspelt option', { directory: 'x', algoritm: 'ES256' }, 'keys.algoritm is not an option'],
    ['nothing', undefined, 'keys must be an object'],
  ])('%s', async (_what, options, problem) => {
    await expect(createKeyStore(options as { directory: string })).rejects.toThrow(problem);
  });

  it('makes nothing of an option that is undefined', async () => {
    const options = { directory, privateKeys: undefined } as unknown as { directory: string };
    await expect(createKeyStore(options)).resolves.toBeDefined();
  });
});

it('what is published cannot be changed by who reads it', async () => {
  const { keys } = (await createKeyStore({ privateKeys: [one] })).publicKeys();
  expect(Object.isFrozen(keys) && keys.every((key) => Object.isFrozen(key))).toBe(true);
});
