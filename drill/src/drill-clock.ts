import { systemClock, type Clock } from '@countersign/core';

/** How a drill's clock runs. Every process of a scene gets the same, so that they agree on the time. */
export interface ClockSettings {
  /** The moment from which on the clock runs faster, in seconds since 1970. */
  readonly since: number;
  /** How many seconds of the clock one real second takes. */
  readonly speed: number;
}

/** A clock that runs as fast as a scene needs it, and can be moved on. */
export interface DrillClock extends Clock {
  advance(seconds: number): void;
}

/** A clock as the machine's own, from now on, until it is moved. */
export function realTime(): ClockSettings {
  return { since: systemClock.now(), speed: 1 };
}

/** Both readings are counted from the machine's own monotonic one, so that all processes share them. */
export function createDrillClock({ since, speed }: ClockSettings): DrillClock {
  let ahead = 0;
  const now = (): number => {
    const real = (performance.timeOrigin + performance.now()) / 1000;
    return since + (real - since) * speed + ahead;
  };
  return {
    now,
    monotonic: now,
    advance(seconds) {
      ahead += seconds;
    },
  };
}
