/** Where the time comes from. Both readings are seconds and may have a fraction. */
export interface Clock {
  /** Seconds since 1970-01-01T00:00:00Z: what claims are compared to. May jump when the machine's clock is set. */
  now(): number;
  /** Seconds since some fixed moment; never goes back. What caches are aged by. */
  monotonic(): number;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now() / 1000,
  monotonic: () => performance.now() / 1000,
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
