import { type Signer } from '../keys/key-store.js';

/**
 * Signs a claim set as a compact token (RFC 7515 section 7.1).
 * Checks nothing about the claims: `mint` decides what a service token says.
 */
export async function signToken(
  claims: Readonly<Record<string, unknown>>,
  typ: string,
  signer: Signer,
): Promise<string> {
  const header = encode({ alg: signer.algorithm, kid: signer.keyId, typ });
  const input = `${header}.${encode(claims)}`;
  const signature = await signer.sign(Buffer.from(input, 'latin1'));
  return `${input}.${signature.toString('base64url')}`;
}

function encode(value: Readonly<Record<string, unknown>>): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
