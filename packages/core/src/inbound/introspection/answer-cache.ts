import { setBounded } from '../../lib/bounded-map.js';
import { type Clock } from '../../clock.js';
import { type Claims } from '../../token.js';

/** What an issuer said of a token: its claims, or that it is not active. */
export type Answer = Claims | 'inactive';

/** Keeps what an issuer said, for a short time. */
export interface AnswerCache {
  get(key: string): Answer | undefined;
  /** @param askedAt monotonic seconds: an answer is as old as its question. */
  set(key: string, answer: Answer, askedAt: number): void;
}

/** That a token is not active holds for a shorter time: it may be about to be issued, and anybody can make up tokens. */
const INACTIVE_SECONDS = 2;

const MAX_ENTRIES = 1000;

/** Made-up tokens have a place of their own, so that they drive no good one out. */
export function createAnswerCache(cacheSeconds: number, clock: Clock): AnswerCache {
  const active = shelf(cacheSeconds, clock);
  const inactive = shelf(Math.min(cacheSeconds, INACTIVE_SECONDS), clock);
  return {
    get: (key) => active.get(key) ?? inactive.get(key),
    set: (key, answer, askedAt) => (answer === 'inactive' ? inactive : active).set(key, answer, askedAt),
  };
}

/** When it is full, what was put in first goes. */
function shelf(seconds: number, clock: Clock): AnswerCache {
  const entries = new Map<string, { readonly answer: Answer; readonly endsAt: number }>();
  return {
    get(key) {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      if (clock.monotonic() < entry.endsAt) return entry.answer;
      entries.delete(key);
      return undefined;
    },
    set(key, answer, askedAt) {
      const endsAt = askedAt + seconds;
      if (clock.monotonic() < endsAt) setBounded(entries, key, { answer, endsAt }, MAX_ENTRIES);
      else entries.delete(key);
    },
  };
}
