import { createHash, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';

/** A public key as it is published: public members only. */
export interface PublicJwk extends Readonly<Record<string, unknown>> {
  readonly kty: string;
  readonly kid: string;
  readonly alg: string;
  readonly use: 'sig';
}

/** The members that make up a key, in the order that the thumbprint wants (RFC 7638 section 3.2, RFC 8037 section 2). */
const KEY_MEMBERS: ReadonlyMap<string, readonly (keyof JsonWebKey)[]> = new Map([
  ['EC', ['crv', 'kty', 'x', 'y']],
  ['OKP', ['crv', 'kty', 'x']],
  ['RSA', ['e', 'kty', 'n']],
]);

/** The members that make up a public key, and nothing else. */
export function publicJwk(publicKey: KeyObject): JsonWebKey & { readonly kty: string } {
  const exported = publicKey.export({ format: 'jwk' });
  const kty = String(exported.kty);
  const members = (KEY_MEMBERS.get(kty) ?? []).map((member) => [member, exported[member]] as const);
  return { ...Object.fromEntries<unknown>(members), kty };
}

/** The SHA-256 thumbprint of a public key, in base64url (RFC 7638). */
export function jwkThumbprint(jwk: JsonWebKey): string {
  const members = (KEY_MEMBERS.get(String(jwk.kty)) ?? []).map((member) => [member, jwk[member]]);
  return createHash('sha256')
    .update(JSON.stringify(Object.fromEntries(members)))
    .digest('base64url');
}

/** The public key of a JWK; undefined when it is none. */
export function importPublicJwk(jwk: JsonWebKey): KeyObject | undefined {
  try {
    return createPublicKey({ key: jwk, format: 'jwk' });
  } catch {
    return undefined;
  }
}
