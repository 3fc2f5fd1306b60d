import { Inject, Injectable } from '@nestjs/common';
import { type KeyStatus, type KeyStore, type Verifier } from '@countersign/core';
import { KEY_STORE, VERIFIER } from '../countersign.tokens.js';

/** The options of `KeysHealth#check`. */
export interface KeysHealthOptions {
  /**
   * Says `down` while no issuer's keys can be had, so that every request would be answered 503. Default false. Not for a
   * readiness probe of services that trust each other: each would wait for the others to be ready.
   */
  readonly downWithoutKeys?: boolean;
}

/** How our own keys stand. */
export interface OwnKeysStatus {
  /** `degraded`: keys that were read before are in use, or are not rotated, because something is wrong with the directory. */
  readonly state: 'fresh' | 'degraded';
  /** How many things are wrong. The log names the files; an answer that many may read does not. */
  readonly problems: number;
}

/** How other services' keys and our own stand, in the form of a health indicator of `@nestjs/terminus`. */
export interface KeysHealthStatus {
  readonly status: 'up' | 'down';
  /**
   * Whether the last fetch of some issuer's keys failed, or our own keys are `degraded`. An issuer's last good set is in use as
   * long as its `state` is `old`; our own keys sign and are published in any case.
   */
  readonly degraded: boolean;
  /** Left out for a service without keys of its own, and for a key store that cannot tell. */
  readonly ownKeys?: OwnKeysStatus;
  /** By the names of the trust records. Ages are whole seconds. */
  readonly issuers: Readonly<Record<string, KeyStatus>>;
}

/** A health indicator for `@nestjs/terminus`, or for a health endpoint of your own. */
@Injectable()
export class KeysHealth {
  readonly #verifier: Verifier;

  readonly #keyStore: KeyStore | undefined;

  constructor(@Inject(VERIFIER) verifier: Verifier, @Inject(KEY_STORE) keyStore: KeyStore | undefined) {
    this.#verifier = verifier;
    this.#keyStore = keyStore;
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
