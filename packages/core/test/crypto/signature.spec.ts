import { createPublicKey, sign as signWithNode } from 'node:crypto';
import { compactVerify, CompactSign } from 'jose';
import { ALGORITHMS, algorithmNamed } from '../../src/crypto/algorithms.js';
import { signBytes, verifySignatureBytes } from '../../src/crypto/signature.js';
import { privateKeyFor } from '../support/signing-key.js';

const input = Buffer.from('eyJhbGciOiJ4In0.e30');

describe.each(ALGORITHMS)('a signature by %s', (name) => {
  const algorithm = algorithmNamed(name)!;
  const privateKey = privateKeyFor(name);
  const publicKey = createPublicKey(privateKey);

  it('that we make, jose verifies', async () => {
    const header = Buffer.from(JSON.stringify({ alg: name })).toString('base64url');
    const signed = `${header}.e30`;
    const signature = await signBytes(algorithm, privateKey, Buffer.from(signed));
    await expect(
      compactVerify(`${signed}.${signature.toString('base64url')}`, publicKey),
    ).resolves.toMatchObject({ protectedHeader: { alg: name } });
  });

  it('that jose makes, we verify', async () => {
    const token = await new CompactSign(Buffer.from('{}')).setProtectedHeader({ alg: name }).sign(privateKey);
    const [header = '', claims = '', signature = ''] = token.split('.');
    const signed = Buffer.from(`${header}.${claims}`);
    const octets = Buffer.from(signature, 'base64url');
    expect(await verifySignatureBytes(algorithm, publicKey, signed, octets)).toBe(true);
  });

  it('is refused when one octet of it or of the input changes', async () => {
    const signature = await signBytes(algorithm, privateKey, input);
    const changed = Buffer.from(signature);
    changed[20]! ^= 1;
    expect(await verifySignatureBytes(algorithm, publicKey, input, changed)).toBe(false);
    const other = Buffer.concat([input, Buffer.from('A')]);
    expect(await verifySignatureBytes(algorithm, publicKey, other, signature)).toBe(false);
  });

  it('is refused when it is shorter, longer, empty or all zero', async () => {
    const signature = await signBytes(algorithm, privateKey, input);
    const wrong = [
      signature.subarray(1),
      Buffer.concat([signature, Buffer.alloc(1)]),
      Buffer.alloc(0),
      Buffer.alloc(signature.length),
    ];
    for (const octets of wrong)
      expect(await verifySignatureBytes(algorithm, publicKey, input, octets)).toBe(false);
  });
});

it('refuses an ECDSA signature in DER, which JWS does not know', async () => {
  const privateKey = privateKeyFor('ES256');
  const der = signWithNode('sha256', input, privateKey);
  expect(await verifySignatureBytes('ES256', createPublicKey(privateKey), input, der)).toBe(false);
});

it('rejects, and does not throw, when a key cannot sign', async () => {
  const publicKey = createPublicKey(privateKeyFor('ES256'));
  await expect(signBytes('ES256', publicKey, input)).rejects.toThrow();
});
