import { verify } from 'node:crypto';
import { type SigningKey, type TokenAlgorithm } from '../tokens/signing-key.js';

/** A token as `crypto.verify` takes it: everything but the signature check is done beforehand. */
export interface SignedText {
  readonly input: Buffer;
  readonly signature: Buffer;
}

const HASHES: Readonly<Record<TokenAlgorithm, string | null>> = {
  RS256: 'sha256',
  ES256: 'sha256',
  EdDSA: null,
};

export function signedText(token: string): SignedText {
  const end = token.lastIndexOf('.');
  return {
    input: Buffer.from(token.slice(0, end), 'latin1'),
    signature: Buffer.from(token.slice(end + 1), 'base64url'),
  };
}

/** The least that verifying can cost: one call of OpenSSL, with a key that was parsed before. */
export function rawVerify({ algorithm, publicKey }: SigningKey, { input, signature }: SignedText): void {
  const isValid = verify(HASHES[algorithm], input, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature);
  if (!isValid) throw new Error('a signature of the benchmark is not valid');
}
