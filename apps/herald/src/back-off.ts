/** How often, and how long apart, a mail is tried. */
export interface BackOff {
  /** The wait after the first failure; doubled after each other. */
  readonly firstDelaySeconds: number;
  readonly longestDelaySeconds: number;
  readonly maxAttempts: number;
}

/** One to two hours in all: time for a mail server to come back. */
export const DEFAULT_BACK_OFF: BackOff = { firstDelaySeconds: 2, longestDelaySeconds: 900, maxAttempts: 16 };

/**
 * Seconds to wait after the attempt number `attempt` (from 1) failed.
 *
 * `random` is from 0 up to 1; it takes up to half off, so that mails that failed together do not return together.
 */
export function delayAfter(attempt: number, backOff: BackOff, random: number): number {
  const full = Math.min(backOff.longestDelaySeconds, backOff.firstDelaySeconds * 2 ** (attempt - 1));
  return full * (1 - random / 2);
}
