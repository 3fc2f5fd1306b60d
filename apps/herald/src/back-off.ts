/** How far apart a mail is tried, and for how long. */
export interface BackOff {
  /** The wait after the first failure; doubled after each other. */
  readonly firstDelaySeconds: number;
  readonly longestDelaySeconds: number;
  /** How old a mail gets that no server takes. */
  readonly giveUpAfterSeconds: number;
}

/** Tries at most half an hour apart, for five days: what RFC 5321 section 4.5.4.1 gives a mail server to come back. */
export const DEFAULT_BACK_OFF: BackOff = {
  firstDelaySeconds: 2,
  longestDelaySeconds: 1_800,
  giveUpAfterSeconds: 5 * 86_400,
};

/**
 * Seconds to wait after the attempt number `attempt` (from 1) failed.
 *
 * `random` is from 0 up to 1; it takes up to half off, so that mails that failed together do not return together.
 */
export function delayAfter(attempt: number, backOff: BackOff, random: number): number {
  const full = Math.min(backOff.longestDelaySeconds, backOff.firstDelaySeconds * 2 ** (attempt - 1));
  return full * (1 - random / 2);
}
