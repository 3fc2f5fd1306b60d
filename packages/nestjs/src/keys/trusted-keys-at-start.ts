import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { type Verifier } from '@countersign/core';
import { type ResolvedOptions } from '../countersign.options.js';
import { COUNTERSIGN_OPTIONS, VERIFIER } from '../countersign.tokens.js';
import { METRICS, type Metrics } from '../telemetry/metrics.js';

/** Has other services' keys fetched when the application starts, and their age reported until it stops. */
@Injectable()
export class TrustedKeysAtStart implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger('Countersign');
  #stopObserving = (): void => undefined;

  constructor(
    @Inject(VERIFIER) private readonly verifier: Verifier,
    @Inject(METRICS) private readonly metrics: Metrics,
    @Inject(COUNTERSIGN_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /** @throws TypeError when it waits, and an issuer's metadata shows that its trust record cannot be right. */
  async onApplicationBootstrap(): Promise<void> {
    this.#stopObserving = this.metrics.observeKeys(this.verifier);
    const { hydrate } = this.options;
    if (hydrate === 'background') void this.#fetchInBackground();
    else if (hydrate !== false) await this.#fetch(hydrate);
  }

  onApplicationShutdown(): void {
    this.#stopObserving();
  }

  async #fetch(limits: { readonly timeoutMs: number }): Promise<void> {
    const issuers = await this.verifier.hydrate(limits);
    const missing = issuers.filter(({ hasKeys }) => !hasKeys).map(({ name }) => name);
    if (missing.length > 0)
      this.#logger.warn(
        `starts without the keys of ${missing.join(', ')}; they are fetched when they are needed`,
      );
  }

  /** An unreachable issuer is in the log already. Metadata that contradicts a trust record is an error: no request will fix it. */
  async #fetchInBackground(): Promise<void> {
    try {
      await this.verifier.hydrate();
    } catch (error) {
      this.#logger.error(error instanceof Error ? error.message : 'the keys cannot be fetched');
    }
  }
}
