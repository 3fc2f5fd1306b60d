import { type Clock } from '../clock.js';
import { CountersignError } from '../errors.js';
import { type Algorithm } from './algorithms.js';
import { type FetchJwks } from './jwks-fetch.js';
import { readKeySet, type KeySet, type VerificationKey } from './key-set.js';

/** The public keys of one trusted issuer. */
export interface IssuerKeys {
  /**
   * The key of that `kid`; without one, the only key of the set.
   * @returns undefined when the issuer has no such key.
   * @throws CountersignError `keys_unavailable` when that cannot be known at the moment.
   */
  find(keyId: string | undefined): Promise<VerificationKey | undefined>;
}

/** Keys that do not change while the process runs: from an inline set or a file. */
export function fixedKeys(keySet: KeySet): IssuerKeys {
  return { find: (keyId) => Promise.resolve(pick(keySet, keyId)) };
}

/** How remote keys are kept. Ages are seconds of the clock's monotonic reading. */
export interface RemoteKeysOptions {
  readonly issuer: string;
  readonly allowed: readonly Algorithm[];
  readonly fetchJwks: FetchJwks;
  readonly clock: Clock;
  /** A set older than this is fetched again before it is used. */
  readonly maxAgeSeconds: number;
  /** At least this long between a fetch and the next one that an unknown `kid` or a failure causes. */
  readonly cooldownSeconds: number;
  /** A set older than this is not used any more when it cannot be fetched again. */
  readonly maxStaleSeconds: number;
  readonly onWarning: (message: string) => void;
}

/** Keys fetched from the issuer: one snapshot of the whole set, replaced as a whole, one fetch at a time. */
export function remoteKeys(options: RemoteKeysOptions): IssuerKeys {
  const state = new RemoteKeySet(options);
  return { find: (keyId) => state.find(keyId) };
}

class RemoteKeySet {
  readonly #options: RemoteKeysOptions;
  #keySet: KeySet | undefined;
  #fetchedAt = -Infinity;
  #triedAt = -Infinity;
  #lastTryFailed = false;
  #pending: Promise<void> | undefined;

  constructor(options: RemoteKeysOptions) {
    this.#options = options;
  }

  async find(keyId: string | undefined): Promise<VerificationKey | undefined> {
    if (this.#ageSeconds() > this.#options.maxAgeSeconds) await this.#refresh();
    const known = pick(this.#usable(), keyId);
    if (known !== undefined) return known;
    await this.#refresh();
    const found = pick(this.#usable(), keyId);
    // When the issuer was asked last and gave no set, nobody can know. When it did, an unknown key is just unknown until
    // the cool-down ends, so that garbage cannot turn a healthy service into one that answers 503.
    if (found === undefined && this.#lastTryFailed) throw this.#unavailable();
    return found;
  }

  /** Fetches the set unless the cool-down forbids it; joins a fetch that is under way. */
  async #refresh(): Promise<void> {
    if (this.#pending === undefined) {
      if (this.#cooldownLeftSeconds() > 0) return;
      this.#triedAt = this.#options.clock.monotonic();
      this.#pending = this.#fetch().finally(() => {
        this.#pending = undefined;
      });
    }
    await this.#pending;
  }

  async #fetch(): Promise<void> {
    const { allowed, clock, fetchJwks, issuer, onWarning } = this.#options;
    try {
      const keySet = readKeySet(await fetchJwks(), allowed);
      for (const warning of keySet.warnings) onWarning(`key set of ${issuer}: ${warning}`);
      this.#keySet = keySet;
      this.#fetchedAt = clock.monotonic();
      this.#lastTryFailed = false;
    } catch (error) {
      this.#lastTryFailed = true;
      onWarning(`key set of ${issuer} cannot be had: ${reasonOf(error)}`);
    }
  }

  /** Without any keys to use, a failure is tried again after a second: every request is refused until then. */
  #cooldownLeftSeconds(): number {
    const { clock, cooldownSeconds } = this.#options;
    const cooldown = this.#current() === undefined ? Math.min(1, cooldownSeconds) : cooldownSeconds;
    return cooldown - (clock.monotonic() - this.#triedAt);
  }

  #usable(): KeySet {
    const keySet = this.#current();
    if (keySet === undefined) throw this.#unavailable();
    return keySet;
  }

  /** The last good set, until it is too old to be used at all. */
  #current(): KeySet | undefined {
    return this.#ageSeconds() > this.#options.maxStaleSeconds ? undefined : this.#keySet;
  }

  #ageSeconds(): number {
    return this.#options.clock.monotonic() - this.#fetchedAt;
  }

  #unavailable(): CountersignError {
    const retryAfterSeconds = Math.max(1, Math.ceil(this.#cooldownLeftSeconds()));
    return new CountersignError(
      'keys_unavailable',
      `the keys of ${this.#options.issuer} cannot be had; is its JWK set reachable from here?`,
      { retryAfterSeconds },
    );
  }
}

function pick(keySet: KeySet, keyId: string | undefined): VerificationKey | undefined {
  if (keyId !== undefined) return keySet.byId.get(keyId);
  const [only, ...others] = keySet.byId.values();
  return others.length === 0 ? only : undefined;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  const { cause } = error;
  return cause instanceof Error ? `${error.message} (${cause.message})` : error.message;
}
