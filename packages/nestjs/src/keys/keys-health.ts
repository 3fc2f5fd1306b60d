import { Inject, Injectable } from '@nestjs/common';
import { type KeyStatus, type Verifier } from '@countersign/core';
import { VERIFIER } from '../countersign.tokens.js';

export interface KeysHealthOptions {
  /**
   * Says `down` while no issuer's keys can be had, so that every request would be answered 503. Default false. Not for a
   * readiness probe of services that trust each other: each would wait for the others to be ready.
   */
  readonly downWithoutKeys?: boolean;
}

/** How other services' keys stand, in the form of a health indicator of `@nestjs/terminus`. */
export interface KeysHealthStatus {
  readonly status: 'up' | 'down';
  /** Whether the last fetch of some issuer's keys failed. Its last good set is in use as long as its `state` is `old`. */
  readonly degraded: boolean;
  /** By the names of the trust records. Ages are whole seconds. */
  readonly issuers: Readonly<Record<string, KeyStatus>>;
}

/** A health indicator for `@nestjs/terminus`, or for a health endpoint of your own. */
@Injectable()
export class KeysHealth {
  readonly #verifier: Verifier;

  constructor(@Inject(VERIFIER) verifier: Verifier) {
    this.#verifier = verifier;
  }

  /**
   * How the keys stand now; waits for nobody. What it finds missing or old is asked for again in the background, no more
   * often than requests would: a service that gets no requests recovers too.
   */
  check(
    key: string,
    { downWithoutKeys = false }: KeysHealthOptions = {},
  ): Readonly<Record<string, KeysHealthStatus>> {
    const status = this.#verifier.keyStatus();
    const degraded = status.some(({ lastFailure }) => lastFailure !== undefined);
    if (degraded) void this.#verifier.hydrate().catch(() => undefined);
    const isDown =
      status.length > 0 &&
      status.every(({ state, lastFailure }) => state === 'none' && lastFailure !== undefined);
    return {
      [key]: {
        status: downWithoutKeys && isDown ? 'down' : 'up',
        degraded,
        issuers: Object.fromEntries(status.map((each) => [each.name, keysOf(each)])),
      },
    };
  }
}

function keysOf({ state, ageSeconds, keys, lastFailure }: KeyStatus): KeyStatus {
  return {
    state,
    keys,
    ...(ageSeconds !== undefined && { ageSeconds: Math.floor(ageSeconds) }),
    ...(lastFailure !== undefined && { lastFailure }),
  };
}
