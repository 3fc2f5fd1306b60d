import { CountersignError } from '../errors.js';
import { type KeyStore, type Signer } from './key-store.js';

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

/**
 * The key that signs now: asked for each token, so that a rotation needs no restart.
 * @throws CountersignError `token_unavailable` when the key store has none.
 */
export function currentSigner(keyStore: KeyStore): Signer {
  try {
    return keyStore.signer();
  } catch (cause) {
    throw cannotSign(cause);
  }
}

/**
 * Signs with the key of this service that signs now.
 * @throws CountersignError `token_unavailable` when it cannot; then nothing must be sent.
 */
export async function signWithOwnKey(
  claims: Readonly<Record<string, unknown>>,
  typ: string,
  keyStore: KeyStore,
): Promise<{ readonly token: string; readonly keyId: string }> {
  const signer = currentSigner(keyStore);
  try {
    return { token: await signToken(claims, typ, signer), keyId: signer.keyId };
  } catch (cause) {
    throw cannotSign(cause);
  }
}

function cannotSign(cause: unknown): CountersignError {
  if (cause instanceof CountersignError) return cause;
  const detail = { cause, retryAfterSeconds: 1 };
  return new CountersignError('token_unavailable', 'our own key could not sign', detail);
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
