import { type Clock } from '../clock.js';
import { CountersignError } from '../errors.js';
import { type Algorithm } from './algorithms.js';
import { pickKey, type IssuerKeys } from './issuer-keys.js';
import { readKeySet, type KeySet, type VerificationKey } from './key-set.js';
import { type FetchKeys } from './key-source.js';
import { RefreshSchedule, type RefreshTimes } from './refresh-schedule.js';
import { UnknownKeys } from './unknown-keys.js';

/** How remote keys are kept. Ages are seconds of the clock's monotonic reading. */
export interface RemoteKeysOptions extends RefreshTimes {
  readonly issuer: string;
  readonly allowed: readonly Algorithm[];
  readonly fetchKeys: FetchKeys;
  readonly clock: Clock;
  /** How long a set is kept whose answer does not say so itself. */
  readonly maxAgeSeconds: number;
  readonly onWarning: (message: string) => void;
}

/**
 * Keys fetched from the issuer: one snapshot of the whole set, replaced as a whole, one fetch at a time. A fetch belongs
 * to no request: whoever caused it may go away, and its answer is kept. Nothing is fetched while nobody asks for a key.
 */
export function remoteKeys(options: RemoteKeysOptions): IssuerKeys {
  return new RemoteKeySet(options);
}

class RemoteKeySet implements IssuerKeys {
  readonly #options: RemoteKeysOptions;
  readonly #schedule: RefreshSchedule;
  readonly #unknown: UnknownKeys;
  #keySet: KeySet | undefined;
  #version = 0;
  #failure: unknown;
  #pending: Promise<void> | undefined;

  constructor(options: RemoteKeysOptions) {
    const { cooldownSeconds, maxAgeSeconds } = options;
    this.#options = options;
    this.#schedule = new RefreshSchedule(options);
    this.#unknown = new UnknownKeys({ seconds: cooldownSeconds, maxSeconds: maxAgeSeconds });
  }

  get version(): number {
    return this.#version;
  }

  async find(keyId: string | undefined): Promise<VerificationKey | undefined> {
    const now = this.#now();
    if (this.#current() === undefined) await this.#refreshUnlessCoolingDown();
    else if (this.#schedule.isExpired(now)) await this.#refresh();
    else if (this.#schedule.isDue(now)) void this.#refresh();
    return pickKey(this.#usable(), keyId) ?? this.#findUnknown(keyId);
  }

  peek(keyId: string | undefined): VerificationKey | undefined {
    const now = this.#now();
    if (this.#keySet === undefined || !this.#schedule.isUsable(now) || this.#schedule.isExpired(now))
      return undefined;
    if (this.#schedule.isDue(now)) void this.#refresh();
    return pickKey(this.#keySet, keyId);
  }

  async hydrate(): Promise<void> {
    if (this.#current() === undefined) await this.#refreshUnlessCoolingDown();
    if (this.#current() !== undefined) return;
    throw isConfigInvalid(this.#failure) ? this.#failure : this.#unavailable();
  }

  async #findUnknown(keyId: string | undefined): Promise<VerificationKey | undefined> {
    const name = keyId ?? '';
    if (!this.#unknown.has(name, this.#now())) {
      const wasAsked = await this.#refreshUnlessCoolingDown();
      const found = pickKey(this.#usable(), keyId);
      if (found !== undefined) return found;
      if (wasAsked && !this.#schedule.isFailing) this.#unknown.add(name, this.#now());
    }
    // When the issuer was asked last and gave no set, nobody can know. When it did, an unknown key is just unknown until
    // the cool-down ends, so that garbage cannot turn a healthy service into one that answers 503.
    if (this.#schedule.isFailing) throw this.#unavailable();
    return undefined;
  }

  /** Returns whether the issuer was asked. A fetch that is under way is joined, whatever the cool-down says. */
  async #refreshUnlessCoolingDown(): Promise<boolean> {
    if (this.#pending === undefined && this.#schedule.cooldownLeftSeconds(this.#now()) > 0) return false;
    await this.#refresh();
    return true;
  }

  /** Fetches the set, or joins a fetch that is under way. Never rejects. */
  #refresh(): Promise<void> {
    this.#pending ??= this.#fetch().finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  async #fetch(): Promise<void> {
    const { allowed, fetchKeys, issuer } = this.#options;
    this.#schedule.tried(this.#now());
    try {
      const { keys, maxAgeSeconds } = await fetchKeys();
      const keySet = signatureKeys(readKeySet(keys, allowed));
      this.#keySet = keySet;
      this.#version++;
      this.#schedule.succeeded(this.#now(), maxAgeSeconds ?? this.#options.maxAgeSeconds);
      for (const warning of keySet.warnings) this.#warn(`key set of ${issuer}: ${warning}`);
    } catch (error) {
      this.#failure = error;
      this.#schedule.failed(this.#now());
      this.#warn(`key set of ${issuer} cannot be had: ${reasonOf(error)}`);
    }
  }

  #usable(): KeySet {
    const keySet = this.#current();
    if (keySet === undefined) throw this.#unavailable();
    return keySet;
  }

  /** The last good set, until it is too old to be used at all. */
  #current(): KeySet | undefined {
    return this.#schedule.isUsable(this.#now()) ? this.#keySet : undefined;
  }

  #now(): number {
    return this.#options.clock.monotonic();
  }

  /** An operator's log that fails must not take the keys with it: no request waits for this fetch to see its error. */
  #warn(message: string): void {
    try {
      this.#options.onWarning(message);
    } catch {
      // There is nobody left to tell.
    }
  }

  #unavailable(): CountersignError {
    const left = this.#schedule.cooldownLeftSeconds(this.#now());
    return new CountersignError(
      'keys_unavailable',
      `the keys of ${this.#options.issuer} cannot be had; is its JWK set reachable from here?`,
      { retryAfterSeconds: Math.max(1, Math.ceil(left)), cause: this.#failure },
    );
  }
}

/** @throws TypeError when the whole set is for something else: it must not take the place of a good one. */
function signatureKeys(keySet: KeySet): KeySet {
  const hasOne = [...keySet.byId.values()].some(({ algorithm }) => algorithm !== undefined);
  if (!hasOne) throw new TypeError('holds no key for signatures');
  return keySet;
}

function isConfigInvalid(error: unknown): boolean {
  return error instanceof TypeError && 'code' in error && error.code === 'config_invalid';
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  const { cause } = error;
  return cause instanceof Error ? `${error.message} (${cause.message})` : error.message;
}
