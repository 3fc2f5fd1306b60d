import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { type Verifier } from '@countersign/core';
import { fetchTrustedKeys } from '@countersign/core/adapter';
import { type ResolvedOptions } from '../countersign.options.js';
import { COUNTERSIGN_OPTIONS, VERIFIER } from '../countersign.tokens.js';
import { serviceLogger } from '../lib/service-logger.js';
import { METRICS, type Metrics } from '../telemetry/metrics.js';

/** Has other services' keys fetched when the application starts, and their age reported until it stops. */
@Injectable()
export class TrustedKeysAtStart implements OnApplicationBootstrap, OnApplicationShutdown {
  #stopObserving = (): void => undefined;

  constructor(
    @Inject(VERIFIER) private readonly verifier: Verifier,
    @Inject(METRICS) private readonly metrics: Metrics,
    @Inject(COUNTERSIGN_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /** @throws TypeError when it waits, and an issuer's metadata shows that its trust record cannot be right. */
  async onApplicationBootstrap(): Promise<void> {
    this.#stopObserving = this.metrics.observeKeys(this.verifier);
    await fetchTrustedKeys(this.verifier, this.options.hydrate, serviceLogger());
  }

  onApplicationShutdown(): void {
    this.#stopObserving();
  }
}
