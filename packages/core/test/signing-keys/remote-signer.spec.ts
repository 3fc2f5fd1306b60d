import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { calculateJwkThumbprint, createLocalJWKSet, exportJWK, jwtVerify } from 'jose';
import { createAuthorizer, type Authorizer } from '../../src/outbound/authorizer.js';
import { createKeyStore } from '../../src/key-store/create-key-store.js';
import { type KeyStore } from '../../src/signing-keys/key-store.js';
import { signToken } from '../../src/signing-keys/sign-token.js';
import { startSigningProcess, type SigningProcess } from '../support/signing-process.js';

const devices: SigningProcess[] = [];

afterEach(() => {
  for (const device of devices.splice(0)) device.close();
});

async function start(...args: Parameters<typeof startSigningProcess>): Promise<SigningProcess> {
  const device = await startSigningProcess(...args);
  devices.push(device);
  return device;
}

async function verifiedByJose(store: KeyStore): Promise<unknown> {
  const token = await signToken({ sub: 'x' }, 'svc+jwt', store.signer());
  return jwtVerify(token, createLocalJWKSet({ keys: store.publicKeys().keys.map((key) => ({ ...key })) }));
}

describe.each([
  ['ES256', 'jose'],
  ['ES256', 'der'],
  ['ES384', 'der'],
  ['EdDSA', 'jose'],
  ['RS256', 'jose'],
] as const)(
  'a key for %s that another process holds, whose signatures come as %s',
  (algorithm, signatureFormat) => {
    it('signs tokens that jose verifies with what is published', async () => {
      const { publicKey, sign } = await start(algorithm, signatureFormat);
      const store = await createKeyStore({ signers: [{ publicKey, sign, signatureFormat }] });
      const kid = await calculateJwkThumbprint(await exportJWK(createPublicKey(publicKey)));
      for (let time = 0; time < 20; time += 1)
        await expect(verifiedByJose(store)).resolves.toMatchObject({
          protectedHeader: { alg: algorithm, kid },
        });
    });
  },
);

it('of several keys elsewhere all are published, and the last one signs', async () => {
  const [older, newer] = [await start('RS256'), await start('ES256')];
  const store = await createKeyStore({
    signers: [older, newer].map(({ publicKey, sign }) => ({ publicKey, sign })),
  });
  expect(store.publicKeys().keys.map(({ alg }) => alg)).toEqual(['RS256', 'ES256']);
  expect(store.signer().algorithm).toBe('ES256');
});

it('an RSA key signs by RS256 unless its JWK or the option says PS256', async () => {
  const { publicKey, sign } = await start('RS256');
  const jwk = { ...createPublicKey(publicKey).export({ format: 'jwk' }), alg: 'RS256' };
  const [one, other] = [await createKeyStore({ signers: [{ publicKey: jwk, sign }] }), { publicKey, sign }];
  expect(one.signer().algorithm).toBe('RS256');
  await expect(createKeyStore({ signers: [{ ...other, algorithm: 'PS256' }] })).rejects.toThrow(
    'not one for PS256',
  );
});

describe('a service does not start with a signer', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = publicKey.export({ format: 'pem', type: 'spki' });
  const sign = async (): Promise<Buffer> => Buffer.alloc(64, 1);

  it.each([
    ['that signs with another key', { publicKey: pem, sign }, /signers\[0\]\.sign cannot sign: the signature is not one/],
    ['that answers with text', { publicKey: pem, sign: async () => 'signature' }, /something else than octets/],
    ['that says DER and returns something else', { publicKey: pem, sign, signatureFormat: 'der' }, /not an ECDSA signature/],
    ['that throws', { publicKey: pem, sign: () => { throw new TypeError('sesame'); } }, /cannot sign: it failed/],
    ['that does not answer', { publicKey: pem, sign: () => new Promise(() => undefined) }, /not answer within 20 ms/],
    ['that is no function', { publicKey: pem, sign: 'sign' }, /sign must be a function/],
    ['without a public key', { sign }, /publicKey must be a public key/],
    ['with a private key in PEM', { publicKey: privateKey.export({ format: 'pem', type: 'pkcs8' }), sign }, /is a private key/],
    ['with a private JWK', { publicKey: privateKey.export({ format: 'jwk' }), sign }, /is a private key/],
    ['with a key on a curve that we do not sign by', { publicKey: generateKeyPairSync('ec', { namedCurve: 'P-521' }).publicKey.export({ format: 'jwk' }), sign }, /must be a key for ES256/],
    ['with DER for a key that is not ECDSA', { publicKey: generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }), sign, signatureFormat: 'der' }, /for ECDSA only/],
    ['with a misspelt option', { publicKey: pem, sign, format: 'der' }, /signers\[0\]\.format is not an option/],
  ])('%s', async (_what, signer, problem) => {
    const opened = createKeyStore({ signers: [signer as never], timeoutMs: 20 });
    await expect(opened).rejects.toMatchObject({ code: 'config_invalid' });
    await expect(opened).rejects.toThrow(problem);
    await expect(opened).rejects.not.toThrow('sesame');
  }); // prettier-ignore
});

describe('when the process that signs fails, after a service has started', () => {
  const CENSUS = new URL('http://127.0.0.1:4001/user/21/');

  function herald(keyStore: KeyStore): Authorizer {
    const census = { name: 'census', url: 'http://127.0.0.1:4001/', audience: 'https://census.service/' };
    const record = { ...census, authorize: 'mint', onBehalfOf: 'service', scopes: ['user:read'] } as const;
    return createAuthorizer({ service: 'https://herald.service/', destinations: [record], keyStore });
  }

  it.each([
    ['answers no more', (device: SigningProcess) => device.behave('silent')],
    ['answers with an error', (device: SigningProcess) => device.behave('failing')],
    ['signs with another key', (device: SigningProcess) => device.behave('foreign')],
    ['has ended', (device: SigningProcess) => device.close()],
  ])('no call leaves: it %s', async (_what, fail) => {
    const device = await start('ES256', 'der');
    const { publicKey, sign } = device;
    const keyStore = await createKeyStore({
      signers: [{ publicKey, sign, signatureFormat: 'der' }],
      timeoutMs: 2000,
    });
    const authorizer = herald(keyStore);
    const call = { url: CENSUS, method: 'GET', body: undefined };
    await authorizer.authorize({ ...call, method: 'POST' }, undefined);
    fail(device);
    const refused = authorizer.authorize(call, undefined);
    await expect(refused).rejects.toMatchObject({ code: 'token_unavailable', retryAfterSeconds: 1 });
    expect(keyStore.publicKeys().keys).toHaveLength(1);
  });

  it('calls leave again once it is well', async () => {
    const device = await start('ES256');
    const { publicKey, sign } = device;
    const authorizer = herald(await createKeyStore({ signers: [{ publicKey, sign }] }));
    const call = { url: CENSUS, method: 'GET', body: undefined };
    device.behave('failing');
    await expect(authorizer.authorize(call, undefined)).rejects.toMatchObject({ code: 'token_unavailable' });
    device.behave('well');
    await expect(authorizer.authorize(call, undefined)).resolves.toMatchObject({
      headers: [expect.anything()],
    });
  });
});
