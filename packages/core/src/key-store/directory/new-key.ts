import { type JsonWebKey } from 'node:crypto';
import { keyFile } from './commit-keys.js';
import { generatePrivateJwk, readOwnKey, type SigningAlgorithm } from '../../signing-keys/signing-key.js';
import { type NewKey } from '../rotation/transitions.js';

/** A key that is in no directory yet, and what its file will hold. */
export interface MadeKey {
  readonly key: NewKey;
  readonly text: string;
}

/**
 * Makes a key for a directory. Its id does not begin with a hyphen.
 * @param generate makes a private JWK for that algorithm.
 */
export async function makeKey(
  algorithm: SigningAlgorithm,
  generate: (algorithm: SigningAlgorithm) => Promise<JsonWebKey> = generatePrivateJwk,
): Promise<MadeKey> {
  for (;;) {
    const jwk = await generate(algorithm);
    const keyId = (await readOwnKey(jwk, 'the new key')).jwk.kid;
    // One thumbprint of 64 begins with a hyphen. A command would take it for an option, where the key is revoked in haste.
    if (keyId.startsWith('-')) continue;
    return { key: { keyId, algorithm, file: keyFile(keyId) }, text: `${JSON.stringify(jwk)}\n` };
  }
}
