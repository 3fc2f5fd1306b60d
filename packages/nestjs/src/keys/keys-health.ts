import { Inject, Injectable } from '@nestjs/common';
import { type KeyStatus, type KeyStore, type Verifier } from '@countersign/core';
import { KEY_STORE, VERIFIER } from '../countersign.tokens.js';

/** The options of `KeysHealth#check`. */
export interface KeysHealthOptions {
  /**
   * Reports `down` while the keys of no issuer are available, because every request would be answered 503. Default false. Do not
   * use it for readiness probes of services that trust each other: each would wait for the others.
   */
  readonly downWithoutKeys?: boolean;
}

/** The state of the keys of this service. */
export interface OwnKeysStatus {
  /** `degraded`: there is a problem with the key directory, so that earlier keys stay in use or are not rotated. */
  readonly state: 'fresh' | 'degraded';
  /** The number of problems. The log names the files; a health endpoint should not. */
  readonly problems: number;
}

/** The state of the trusted issuers' keys and of this service's keys, as a health indicator of `@nestjs/terminus`. */
export interface KeysHealthStatus {
  readonly status: 'up' | 'down';
  /**
   * Whether the last fetch of an issuer's keys failed, or this service's keys are `degraded`. While the `state` of an issuer is
   * `old`, its previous keys are in use.
   */
  readonly degraded: boolean;
  /** Absent for a service without keys, and for a key store that does not report problems. */
  readonly ownKeys?: OwnKeysStatus;
  /** By the names of the trust records. Ages are whole seconds. */
  readonly issuers: Readonly<Record<string, KeyStatus>>;
}

/**
 * A health indicator for `@nestjs/terminus`, or for a health endpoint of your own.
 *
 * @example
 * return this.health.check([() => this.keysHealth.check('keys')]);
 */
@Injectable()
export class KeysHealth {
  readonly #verifier: Verifier;

  readonly #keyStore: KeyStore | undefined;

  constructor(@Inject(VERIFIER) verifier: Verifier, @Inject(KEY_STORE) keyStore: KeyStore | undefined) {
    this.#verifier = verifier;
    this.#keyStore = keyStore;
  }

  /**
   * Returns the state of the keys, without waiting. Keys that are missing or old are fetched again in the background, no more
   * often than requests would cause, so that a service without requests recovers too.
   */
  check(
    key: string,
    { downWithoutKeys = false }: KeysHealthOptions = {},
  ): Readonly<Record<string, KeysHealthStatus>> {
    const status = this.#verifier.keyStatus();
    const isFailing = status.some(({ lastFailure }) => lastFailure !== undefined);
    if (isFailing) void this.#verifier.hydrate().catch(() => undefined);
    const ownKeys = ownKeysOf(this.#keyStore);
    const isDown =
      status.length > 0 &&
      status.every(({ state, lastFailure }) => state === 'none' && lastFailure !== undefined);
    return {
      [key]: {
        status: downWithoutKeys && isDown ? 'down' : 'up',
        degraded: isFailing || ownKeys?.state === 'degraded',
        ...(ownKeys !== undefined && { ownKeys }),
        issuers: Object.fromEntries(status.map((each) => [each.name, keysOf(each)])),
      },
    };
  }
}

function ownKeysOf(keyStore: KeyStore | undefined): OwnKeysStatus | undefined {
  const problems = keyStore?.problems?.().length;
  return problems === undefined ? undefined : { state: problems === 0 ? 'fresh' : 'degraded', problems };
}

function keysOf({ state, ageSeconds, keys, lastFailure }: KeyStatus): KeyStatus {
  return {
    state,
    keys,
    ...(ageSeconds !== undefined && { ageSeconds: Math.floor(ageSeconds) }),
    ...(lastFailure !== undefined && { lastFailure }),
  };
}
