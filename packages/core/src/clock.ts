import { performance } from 'node:perf_hooks';

/** A source of time, so that tests can move it. Both methods return seconds, possibly with a fraction. */
export interface Clock {
  /** Seconds since 1970-01-01T00:00:00Z. Claims are compared with it. It may jump when the system clock is set. */
  now(): number;
  /** Seconds since an arbitrary fixed moment. It never goes back. Caches measure age with it. */
  monotonic(): number;
}

/** A test that fakes `performance.now` sets it on the object, and leaves the one of its prototype. */
const prototype: unknown = Reflect.getPrototypeOf(performance);
const monotonicMs = (hasNow(prototype) ? prototype : performance).now.bind(performance);

/**
 * The system clock, the default everywhere. `now` reads `Date`, so it follows tests that fake the date. `monotonic` does not
 * follow them, because it would go back when such a test begins or ends.
 */
export const systemClock: Clock = {
  now: () => Date.now() / 1000,
  monotonic: () => monotonicMs() / 1000,
};

/** A clock for tests: it stands still until the test moves it. */
export interface FixedClock extends Clock {
  /** Moves both readings forward by `seconds`. */
  advance(seconds: number): void;
  /** Sets the wall clock, as NTP does. The monotonic reading is unchanged. */
  set(epochSeconds: number): void;
}

/**
 * Returns a clock that stands at `epochSeconds` until a test moves it. Default: 2026-01-01T00:00:00Z.
 *
 * @example
 * const clock = createFixedClock();
 * const verifier = createVerifier({ service: 'https://census.service/', trust, clock });
 * clock.advance(301); // A service token issued before has now expired.
 */
export function createFixedClock(epochSeconds = 1_767_225_600): FixedClock {
  let now = epochSeconds;
  let monotonic = 0;
  return {
    now: () => now,
    monotonic: () => monotonic,
    advance(seconds) {
      now += seconds;
      monotonic += seconds;
    },
    set(value) {
      now = value;
    },
  };
}

function hasNow(value: unknown): value is Pick<typeof performance, 'now'> {
  return typeof value === 'object' && value !== null && 'now' in value && typeof value.now === 'function';
}
