import { performance } from 'node:perf_hooks';

/** Where the time comes from. Both readings are seconds and may have a fraction. */
export interface Clock {
  /** Seconds since 1970-01-01T00:00:00Z: what claims are compared to. May jump when the machine's clock is set. */
  now(): number;
  /** Seconds since some fixed moment; never goes back. What caches are aged by. */
  monotonic(): number;
}

/** A test that fakes `performance.now` sets it on the object, and leaves the one of its prototype. */
const prototype: unknown = Reflect.getPrototypeOf(performance);
const monotonicMs = (hasNow(prototype) ? prototype : performance).now.bind(performance);

/**
 * The machine's own clock. `now` is what `Date` says, so it follows a test that fakes the time of day; `monotonic` does not,
 * because it would go back when the test begins or ends.
 */
export const systemClock: Clock = {
  now: () => Date.now() / 1000,
  monotonic: () => monotonicMs() / 1000,
};

/** A clock that stands still until it is moved: for tests. */
export interface FixedClock extends Clock {
  /** Lets `seconds` pass: both readings move on. */
  advance(seconds: number): void;
  /** Sets the wall clock, as NTP does; the monotonic reading stays. */
  set(epochSeconds: number): void;
}

/** Makes a clock that stands at `epochSeconds` (2026-01-01T00:00:00Z unless given) until a test moves it. */
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
