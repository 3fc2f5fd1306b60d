import { createKeyStore } from '../key-store/create-key-store.js';
import { type KeyStore } from '../signing-keys/key-store.js';
import { isKeyStore, type ResolvedCommonOptions, type ServiceLogger } from './service-options.js';

/** Opens the keys that the options name; a key store that the application hands over is open. Undefined where they name none. */
export async function openOwnKeys(
  { keys, clock }: Pick<ResolvedCommonOptions, 'keys' | 'clock'>,
  logger: ServiceLogger,
): Promise<KeyStore | undefined> {
  if (keys === undefined || isKeyStore(keys)) return keys;
  return createKeyStore({
    clock,
    onWarning: (message) => {
      logger.warn(message);
    },
    onKeyMade: ({ keyId, algorithm, directory }) => {
      logger.info(`made a first key in ${directory}, which was empty: ${keyId}, for ${algorithm}`);
    },
    ...keys,
  });
}

/** Closes what `openOwnKeys` opened; a key store of the application stays open. */
export async function closeOwnKeys(
  { keys }: Pick<ResolvedCommonOptions, 'keys'>,
  keyStore: KeyStore | undefined,
): Promise<void> {
  if (keys !== undefined && !isKeyStore(keys)) await keyStore?.close?.();
}
