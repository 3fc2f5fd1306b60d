import { setBounded } from '../bounded-map.js';

/** More are not remembered: whoever makes names up must not fill the memory. */
const MAX_REMEMBERED = 1000;

interface Absence {
  readonly until: number;
  readonly seconds: number;
}

export interface UnknownKeysOptions {
  /** How long the first absence is remembered. */
  readonly seconds: number;
  /** How long one is remembered at most. */
  readonly maxSeconds: number;
}

/**
 * The names of keys that an issuer was asked for and does not have. A name that keeps coming is remembered twice as long
 * each time, so that one peer with a wrong key does not use up the fetches that a new key needs.
 * Times are seconds of a monotonic clock.
 */
export class UnknownKeys {
  readonly #options: UnknownKeysOptions;
  readonly #absences = new Map<string, Absence>();

  constructor(options: UnknownKeysOptions) {
    this.#options = options;
  }

  /** Whether it makes no sense to ask for that key now. */
  has(keyId: string, now: number): boolean {
    const absence = this.#absences.get(keyId);
    return absence !== undefined && now < absence.until;
  }

  add(keyId: string, now: number): void {
    const before = this.#absences.get(keyId);
    if (before !== undefined && now < before.until) return;
    const { seconds: first, maxSeconds } = this.#options;
    const seconds = before === undefined ? first : Math.min(before.seconds * 2, Math.max(first, maxSeconds));
    setBounded(this.#absences, keyId, { until: now + seconds, seconds }, MAX_REMEMBERED);
  }
}
