import { createHmac } from 'node:crypto';
import { type Clock } from '../../clock.js';
import { isSameText } from '../../lib/constant-time.js';

/** The nonces of this service (RFC 9449 section 9): nobody can make one ahead, and no memory is needed to know them again. */
export interface Nonces {
  current(): string;
  /** Whether it was given out lately. */
  isKnown(nonce: string): boolean;
}

/** A nonce is given out for so long, and accepted for as long again. */
const PERIOD_SECONDS = 60;

/** Makes nonces of a secret and the time: each is an HMAC-SHA-256 of the minute. */
export function createNonces(secret: string, clock: Clock): Nonces {
  const nonceOf = (period: number): string =>
    createHmac('sha256', secret)
      .update(`countersign dpop nonce ${String(period)}`)
      .digest('base64url');
  const period = (): number => Math.floor(clock.now() / PERIOD_SECONDS);
  return {
    current: () => nonceOf(period()),
    isKnown: (nonce) => {
      const now = period();
      return [now, now - 1].some((each) => isSameText(nonce, nonceOf(each)));
    },
  };
}
