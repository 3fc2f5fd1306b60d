import { generateKeyPairSync } from 'node:crypto';
import { createKeyStore, createVerifier, type KeyStore, type Verifier } from '@countersign/core';
import { bodyHash } from '@countersign/core/adapter';
import { signCall } from '@countersign/service-kit';

const HERALD = 'https://herald.service/';
const CENSUS = 'https://census.service/';
const CALL = {
  service: HERALD,
  audience: CENSUS,
  method: 'POST',
  path: '/user/?notify=true',
  user: `${CENSUS}user/21/`,
  scope: 'user:write',
  body: '{"name":"Ada"}',
};

/** Herald's keys, and how census checks what is signed with them. */
async function heraldAndCensus(): Promise<{ readonly keyStore: KeyStore; readonly verifier: Verifier }> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const keyStore = await createKeyStore({ privateKeys: [privateKey.export({ format: 'jwk' })] });
  const verifier = createVerifier({
    service: CENSUS,
    trust: [
      {
        name: 'herald',
        issuer: HERALD,
        keys: { jwks: keyStore.publicKeys() },
        scopes: ['user:write'],
        actsFor: [`${CENSUS}user/`],
      },
    ],
  });
  return { keyStore, verifier };
}

function request(token: string, { method, path, body }: Pick<typeof CALL, 'method' | 'path' | 'body'>) {
  return {
    method,
    url: path,
    rawHeaders: ['Authorization', `Bearer ${token}`],
    body: () => Promise.resolve({ sha256: bodyHash(Buffer.from(body)), md5: undefined }),
  };
}

describe('A call that is signed with the key of a service', () => {
  it('is accepted as one by that service, for the user that it names', async () => {
    const { keyStore, verifier } = await heraldAndCensus();
    const token = await signCall(keyStore, { ...CALL, transactionId: 'transaction-1' });
    const { principal } = await verifier.authenticate(request(token, CALL));
    expect(principal).toMatchObject({
      subject: CALL.user,
      caller: { name: 'herald' },
      actors: [HERALD],
      transactionId: 'transaction-1',
    });
    expect([...principal.scopes]).toEqual(['user:write']);
  });

  it.each([
    ['method', { method: 'PUT' }, 'binding_mismatch'],
    ['path', { path: '/user/' }, 'binding_mismatch'],
    ['body', { body: '{"name":"Eve"}' }, 'body_mismatch'],
  ])('is refused with another %s', async (_changed, change, code) => {
    const { keyStore, verifier } = await heraldAndCensus();
    const token = await signCall(keyStore, CALL);
    await expect(verifier.authenticate(request(token, CALL))).resolves.toBeDefined();
    await expect(
      (async () => verifier.authenticate(request(token, { ...CALL, ...change })))(),
    ).rejects.toMatchObject({ code });
  });

  it('has no body unless one is given', async () => {
    const { keyStore, verifier } = await heraldAndCensus();
    const { body: _none, ...read } = { ...CALL, method: 'GET' };
    const token = await signCall(keyStore, read);
    await expect(verifier.authenticate(request(token, { ...read, body: '' }))).resolves.toBeDefined();
  });
});
