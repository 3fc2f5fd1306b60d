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
  const input = `${headerOf(signer, typ)}.${encode(claims)}`;
  const signature = await signer.sign(Buffer.from(input, 'latin1'));
  return `${input}.${signature.toString('base64url')}`;
}

/** The header of the last token by each key: it is the same in all of one type. */
const headers = new WeakMap<Signer, { readonly typ: string; readonly header: string }>();

function headerOf(signer: Signer, typ: string): string {
  const last = headers.get(signer);
  if (last?.typ === typ) return last.header;
  const header = encode({ alg: signer.algorithm, kid: signer.keyId, typ });
  headers.set(signer, { typ, header });
  return header;
}

function encode(value: Readonly<Record<string, unknown>>): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
