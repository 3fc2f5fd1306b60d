import { type Algorithm } from '../../src/crypto/algorithms.js';
import { jwkThumbprint } from '../../src/crypto/jwk.js';
import { type Claims } from '../../src/token.js';
import { base64url, createForgeKey, NOW, sha256, signatureOf, type ForgeKey } from './forge.js';
import { type Setting } from './scene.js';

/** What is different in a forged proof. A member that is `undefined` is left out of it. */
export interface ProofForgery {
  readonly header?: Claims;
  readonly claims?: Claims;
  /** Signs, instead of the client's key; the header still holds the client's. */
  readonly signedBy?: ForgeKey;
  readonly signedAs?: Algorithm;
  /** Changes the finished proof. */
  readonly compact?: (proof: string) => string;
}

/** The key of the client that the tokens of these tests are bound to. */
export const clientKey = createForgeKey();

/** The members of a public key, as a proof holds it. */
export function bareJwk({ publicKey }: ForgeKey): Claims {
  return { ...publicKey.export({ format: 'jwk' }) };
}

let proofs = 0;

/** A proof for a read of user 21 with a token, made when the test begins. */
export function forgeProof(token: string, forgery: ProofForgery = {}, key: ForgeKey = clientKey): string {
  proofs++;
  const header = { typ: 'dpop+jwt', alg: key.algorithm, jwk: bareJwk(key), ...forgery.header };
  const claims = {
    jti: `proof-${String(proofs)}`,
    htm: 'GET',
    htu: 'https://census.service/user/21/',
    iat: NOW,
    ath: sha256(token),
    ...forgery.claims,
  };
  const signingInput = `${base64url(JSON.stringify(header))}.${base64url(JSON.stringify(claims))}`;
  const signer = forgery.signedBy ?? key;
  const signature = signatureOf(signingInput, signer, forgery.signedAs ?? signer.algorithm);
  const proof = `${signingInput}.${base64url(signature)}`;
  return forgery.compact?.(proof) ?? proof;
}

/** The headers of a request with a bound token. */
export function dpopHeaders(forgery: ProofForgery = {}, key: ForgeKey = clientKey) {
  return (token: string) => ['Authorization', `DPoP ${token}`, 'DPoP', forgeProof(token, forgery, key)];
}

/** The `cnf` of a token that is bound to a key. */
export function boundTo(key: ForgeKey): Claims {
  return { cnf: { jkt: jwkThumbprint(bareJwk(key)) } };
}

/** A service that trusts an identity provider, and a token that is bound to the client's key. */
export function boundSetting(key: ForgeKey = clientKey): Setting {
  return {
    trust: { tokenType: 'at+jwt', name: 'idp' },
    token: { header: { typ: 'at+jwt' }, claims: { sub: 'user-1', client_id: 'web', ...boundTo(key) } },
    request: { rawHeaders: dpopHeaders({}, key) },
  };
}
