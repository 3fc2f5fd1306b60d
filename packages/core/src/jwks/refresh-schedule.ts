/** What a schedule is made from. All times are seconds of a monotonic clock. */
export interface RefreshTimes {
  /** At least this long between a fetch and the next one that an unknown key causes; also the first back-off. */
  readonly cooldownSeconds: number;
  /** A set older than this is not used any more. */
  readonly maxStaleSeconds: number;
  /** From 0 to 1, 1 excluded; the default is `Math.random`. */
  readonly random?: () => number;
}

/** Without any keys every request is refused, so a failure is tried again after a second. */
const WITHOUT_KEYS_SECONDS = 1;

/** When one issuer's keys are fetched: knows the times of the tries, not the keys. */
export class RefreshSchedule {
  readonly #times: RefreshTimes;
  readonly #random: () => number;
  #fetchedAt = -Infinity;
  #maxAgeSeconds = 0;
  #triedAt = -Infinity;
  #failedAt = -Infinity;
  #failures = 0;
  #dueAt = -Infinity;

  constructor(times: RefreshTimes) {
    this.#times = times;
    this.#random = times.random ?? Math.random;
  }

  /** Whether the last try failed. */
  get isFailing(): boolean {
    return this.#failures > 0;
  }

  tried(now: number): void {
    this.#triedAt = now;
  }

  /** Ends the cool-down, because no request caused the last try. */
  forgetTry(): void {
    this.#triedAt = -Infinity;
  }

  /** The next fetch is due at 80 % of the age, give or take 5: replicas that started together drift apart. */
  succeeded(now: number, maxAgeSeconds: number): void {
    this.#fetchedAt = now;
    this.#failures = 0;
    this.#failedAt = -Infinity;
    this.#maxAgeSeconds = Math.min(maxAgeSeconds, this.#times.maxStaleSeconds);
    this.#dueAt = now + this.#maxAgeSeconds * (0.75 + 0.1 * this.#random());
  }

  /** Each failure doubles the wait, up to half of the set's age; up to a quarter is added, for the same reason. */
  failed(now: number): void {
    const { cooldownSeconds } = this.#times;
    const longest = Math.max(cooldownSeconds, this.#maxAgeSeconds / 2);
    const wait = Math.min(cooldownSeconds * 2 ** this.#failures, longest) * (1 + this.#random() / 4);
    this.#failures++;
    this.#failedAt = now;
    this.#dueAt = Math.max(this.#dueAt, now + wait);
  }

  /** Since the last good answer. */
  ageSeconds(now: number): number {
    return now - this.#fetchedAt;
  }

  /** Whether the set may be used at all. */
  isUsable(now: number): boolean {
    return now - this.#fetchedAt <= this.#times.maxStaleSeconds;
  }

  /** Whether it is time to fetch the set again, while the old one is in use. */
  isDue(now: number): boolean {
    return now >= this.#dueAt;
  }

  /**
   * Whether the set is too old to be used before the issuer was asked: a key may have been removed since.
   * An issuer that failed lately was asked, and its keys stay in use.
   */
  isExpired(now: number): boolean {
    const age = now - this.#fetchedAt;
    return age > this.#maxAgeSeconds && now - this.#failedAt > this.#maxAgeSeconds;
  }

  /** How long nobody is asked, whichever key is missing. Zero or less: one may ask. */
  cooldownLeftSeconds(now: number): number {
    const { cooldownSeconds } = this.#times;
    const cooldown = this.isUsable(now) ? cooldownSeconds : Math.min(WITHOUT_KEYS_SECONDS, cooldownSeconds);
    return cooldown - (now - this.#triedAt);
  }
}
