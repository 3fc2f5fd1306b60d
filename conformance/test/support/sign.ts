import { type TestIssuer } from '@countersign/testing';

/** A token whose claims are any text, signed with the real key. */
export async function signText(issuer: TestIssuer, claims: Uint8Array | string): Promise<string> {
  const { algorithm: alg, keyId: kid } = issuer.keyStore.signer();
  const header = Buffer.from(JSON.stringify({ alg, kid, typ: 'svc+jwt' })).toString('base64url');
  return signParts(issuer, header, Buffer.from(claims).toString('base64url'));
}

/** Signs two parts as they are. */
export async function signParts(issuer: TestIssuer, header: string, claims: string): Promise<string> {
  const input = `${header}.${claims}`;
  const signature = await issuer.keyStore.signer().sign(Buffer.from(input, 'latin1'));
  return `${input}.${signature.toString('base64url')}`;
}
