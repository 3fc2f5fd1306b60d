import { invalidOption } from '../options.js';
import { type KeyStore } from './key-store.js';

/** In place of a key store, where nothing is signed: fails whatever asks for a key all the same. */
export const NO_KEYS: KeyStore = Object.freeze({
  signer() {
    throw new TypeError('this service has no keys of its own');
  },
  publicKeys: () => ({ keys: [] }),
});

const WHAT_TO_WRITE =
  'set keys: { directory: ".data/keys" } (without Nest, keyStore: await createKeyStore({ directory: ".data/keys" }))';

/** Makes the error for an option that asks this service to sign, where it has no keys: says which, and what to write. */
export function missingKeys(path: string, value: string): TypeError {
  return invalidOption(
    path,
    `is ${JSON.stringify(value)}, which signs with a key of this service: ${WHAT_TO_WRITE}`,
  );
}
