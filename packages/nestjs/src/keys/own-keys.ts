import { Inject, Injectable, type OnApplicationShutdown, type Provider } from '@nestjs/common';
import { type KeyStore } from '@countersign/core';
import { closeOwnKeys, openOwnKeys } from '@countersign/core/adapter';
import { type ResolvedOptions } from '../countersign.options.js';
import { COUNTERSIGN_OPTIONS, KEY_STORE } from '../countersign.tokens.js';
import { serviceLogger } from '../lib/service-logger.js';

/** Closes the key store that the module opened; one that the application handed over is the application's. */
@Injectable()
class OwnKeysAtShutdown implements OnApplicationShutdown {
  constructor(
    @Inject(COUNTERSIGN_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(KEY_STORE) private readonly keyStore: KeyStore | undefined,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    await closeOwnKeys(this.options, this.keyStore);
  }
}

/** Our own keys: opened when the application starts, followed while it runs. Undefined where the options name none. */
export const OWN_KEYS: readonly Provider[] = [
  {
    provide: KEY_STORE,
    useFactory: (options: ResolvedOptions) => openOwnKeys(options, serviceLogger()),
    inject: [COUNTERSIGN_OPTIONS],
  },
  OwnKeysAtShutdown,
];
