import { Inject, Injectable, Logger, type OnApplicationShutdown, type Provider } from '@nestjs/common';
import { createKeyStore, type KeyStore } from '@countersign/core';
import { isKeyStore } from '@countersign/core/adapter';
import { type ResolvedOptions } from '../countersign.options.js';
import { COUNTERSIGN_OPTIONS, KEY_STORE } from '../countersign.tokens.js';

/** Closes the key store that the module opened; one that the application handed over is the application's. */
@Injectable()
class OwnKeysAtShutdown implements OnApplicationShutdown {
  constructor(
    @Inject(COUNTERSIGN_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(KEY_STORE) private readonly keyStore: KeyStore | undefined,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    const { keys } = this.options;
    if (keys !== undefined && !isKeyStore(keys)) await this.keyStore?.close?.();
  }
}

/** Our own keys: opened when the application starts, followed while it runs. Undefined where the options name none. */
export const OWN_KEYS: readonly Provider[] = [
  {
    provide: KEY_STORE,
    useFactory: ({ keys, clock }: ResolvedOptions) => {
      if (keys === undefined || isKeyStore(keys)) return keys;
      const logger = new Logger('Countersign');
      return createKeyStore({
        clock,
        onWarning: (message) => logger.warn(message),
        onKeyMade: ({ keyId, algorithm, directory }) =>
          logger.log(`made a first key in ${directory}, which was empty: ${keyId}, for ${algorithm}`),
        ...keys,
      });
    },
    inject: [COUNTERSIGN_OPTIONS],
  },
  OwnKeysAtShutdown,
];
