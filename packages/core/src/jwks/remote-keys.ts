import { type KeyObject } from 'node:crypto';
import { type Awaitable } from '../lib/awaitable.js';
import { type Clock } from '../clock.js';
import { CountersignError } from '../errors.js';
import { type Algorithm } from '../crypto/algorithms.js';
import { pickKey, type IssuerKeys, type KeyStatus } from './issuer-keys.js';
import { isConfigInvalid, keyFailure, keyReport, type KeyListeners, type KeyReport } from './key-events.js';
import { type KeyOwners } from './key-owners.js';
import { readKeySet, type KeySet, type VerificationKey } from './key-set.js';
import { type FetchKeys } from './fetch-jwks.js';
import { RefreshSchedule, type RefreshTimes } from './refresh-schedule.js';

/** How remote keys are kept. Ages are seconds of the clock's monotonic reading. */
export interface RemoteKeysOptions extends RefreshTimes, KeyListeners {
  /** The `name` of the trust record. */
  readonly name: string;
  readonly issuer: string;
  readonly allowed: readonly Algorithm[];
  readonly fetchKeys: FetchKeys;
  /** Keys that the record of another issuer holds are no keys of this one. */
  readonly owners: KeyOwners;
  readonly clock: Clock;
  /** How long a set is kept whose answer does not say so itself. */
  readonly maxAgeSeconds: number;
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
  readonly #report: KeyReport;
  #keySet: KeySet | undefined;
  #failure: unknown;
  #pending: Promise<void> | undefined;
  #ahead: Promise<void> | undefined;

  constructor(options: RemoteKeysOptions) {
    this.#options = options;
    this.#schedule = new RefreshSchedule(options);
    this.#report = keyReport(options, options);
  }

  find(keyId: string | undefined): Awaitable<VerificationKey | undefined> {
    const known = this.#findServed(keyId);
    if (known !== undefined) return known;
    return this.#isUnknownForNow() ? this.#reported(undefined) : this.#findByAsking(keyId);
  }

  isCurrent(keyId: string | undefined, key: KeyObject): boolean {
    return this.#findServed(keyId)?.key === key;
  }

  /** In the set that is in use, unless the issuer must be asked first. Sets off the refresh that is due. */
  #findServed(keyId: string | undefined): VerificationKey | undefined {
    const now = this.#now();
    if (!this.#isServing(now)) return undefined;
    const found = this.#pick(keyId);
    if (this.#schedule.isDue(now)) void this.#refresh(found === undefined);
    return found;
  }

  async #findByAsking(keyId: string | undefined): Promise<VerificationKey | undefined> {
    const now = this.#now();
    if (this.#current() === undefined) await this.#fetchFirst();
    else if (this.#schedule.isExpired(now)) await this.#refresh(this.#pick(keyId) === undefined);
    else if (this.#schedule.isDue(now)) void this.#refresh(this.#pick(keyId) === undefined);
    return pickKey(this.#usable(), keyId) ?? this.#reported(await this.#fetchUnknown(keyId));
  }

  async hydrate(): Promise<void> {
    if (this.#current() === undefined) {
      const isStart = this.#ahead === undefined && this.#pending === undefined && !this.#schedule.isFailing;
      await (isStart ? (this.#ahead = this.#fetchAhead()) : this.#fetchFirst());
    } else if (this.#schedule.isDue(this.#now())) void this.#refresh(false);
    if (this.#current() !== undefined) return;
    throw isConfigInvalid(this.#failure) ? this.#failure : this.#unavailable();
  }

  status(): KeyStatus {
    const { isFailing } = this.#schedule;
    const failure = isFailing && { lastFailure: keyFailure(this.#failure) };
    const keySet = this.#current();
    if (keySet === undefined) return { state: 'none', keys: 0, ...failure };
    const ageSeconds = this.#schedule.ageSeconds(this.#now());
    return { state: isFailing ? 'old' : 'fresh', ageSeconds, keys: keySet.byId.size, ...failure };
  }

  /**
   * The fetch at start, after which no cool-down begins: the first request that lacks a key still asks at once. Two services
   * that start together may have asked each other before they listened, or made their keys.
   */
  async #fetchAhead(): Promise<void> {
    await this.#refresh(false);
    this.#schedule.forgetTry();
  }

  /** For a request, while there are no keys. */
  async #fetchFirst(): Promise<void> {
    await this.#ahead;
    if (this.#current() === undefined) await this.#refreshUnlessCoolingDown();
  }

  /** Whether there are keys that need not be asked for first. */
  #isServing(now: number): boolean {
    return this.#keySet !== undefined && this.#schedule.isUsable(now) && !this.#schedule.isExpired(now);
  }

  /**
   * Whether the issuer will not be asked for a key that is not in the set. Known at once: garbage comes in floods. Which keys
   * were looked for in vain is not remembered: somebody may name a key before it is published, and it may sign a moment later.
   */
  #isUnknownForNow(): boolean {
    const now = this.#now();
    return this.#isServing(now) && this.#isCoolingDown(now);
  }

  #isCoolingDown(now: number): boolean {
    return this.#pending === undefined && this.#schedule.cooldownLeftSeconds(now) > 0;
  }

  /** Tells of a key that was not in the set, and what came of it. */
  #reported(found: VerificationKey | undefined): VerificationKey | undefined {
    this.#report.unknownKey(found !== undefined);
    // When the issuer was asked last and gave no set, nobody can know. When it did, an unknown key is just unknown until
    // the cool-down ends, so that garbage cannot turn a healthy service into one that answers 503.
    if (found === undefined && this.#schedule.isFailing) throw this.#unavailable();
    return found;
  }

  async #fetchUnknown(keyId: string | undefined): Promise<VerificationKey | undefined> {
    await this.#refreshUnlessCoolingDown();
    return pickKey(this.#usable(), keyId);
  }

  /** A fetch that is under way is joined, whatever the cool-down says. */
  async #refreshUnlessCoolingDown(): Promise<void> {
    if (!this.#isCoolingDown(this.#now())) await this.#refresh(true);
  }

  /** Fetches the set, or joins a fetch that is under way. Never rejects. */
  #refresh(isKeyMissing: boolean): Promise<void> {
    this.#pending ??= this.#fetch(isKeyMissing).finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  async #fetch(isKeyMissing: boolean): Promise<void> {
    const { allowed, fetchKeys, name, owners } = this.#options;
    const startedAt = this.#now();
    const durationMs = (): number => (this.#now() - startedAt) * 1000;
    this.#schedule.tried(startedAt);
    try {
      const { keys, maxAgeSeconds } = await fetchKeys(isKeyMissing);
      const fetched = signatureKeys(readKeySet(keys, allowed));
      const keySet = owners.fetched(name, fetched);
      this.#keySet = keySet;
      this.#schedule.succeeded(this.#now(), maxAgeSeconds ?? this.#options.maxAgeSeconds);
      this.#report.fetched(keySet, durationMs());
    } catch (error) {
      this.#failure = error;
      this.#schedule.failed(this.#now());
      this.#report.failed(error, durationMs(), this.#current() !== undefined);
    }
  }

  /** In the last good set, however old it is. */
  #pick(keyId: string | undefined): VerificationKey | undefined {
    return this.#keySet && pickKey(this.#keySet, keyId);
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

  #unavailable(): CountersignError {
    const left = this.#schedule.cooldownLeftSeconds(this.#now());
    return new CountersignError(
      'keys_unavailable',
      `the keys of ${this.#options.issuer} are unavailable; is its JWK set reachable from here?`,
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
