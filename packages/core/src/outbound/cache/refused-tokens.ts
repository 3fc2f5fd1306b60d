import { tokenHash } from '../../binding.js';
import { type Clock } from '../../clock.js';
import { setBounded } from '../../lib/bounded-map.js';

/** Remembers which cached tokens the called services refused, until there is another one. */
export interface RefusedTokens {
  /**
   * Leaves a token aside.
   * @param restSeconds for so long no other token of that key is left aside.
   * @returns whether this one is, or has been replaced by another.
   */
  add(key: string, token: string, restSeconds: number): boolean;
  /** Whether that token is left aside. */
  has(key: string, token: string): boolean;
  /** A token was issued in its place. A server may give out the same one again: then that one is used. */
  replaced(key: string, token: string): void;
}

interface Refusal {
  readonly hash: string;
  readonly restsUntil: number;
  /** What has been issued in its place. */
  readonly since: 'nothing' | 'another' | 'the same';
}

/** As many as a token cache holds unless it is told otherwise. */
const MAX_REFUSALS = 1000;

export function refusedTokens(clock: Clock): RefusedTokens {
  const refusals = new Map<string, Refusal>();
  return {
    add(key, token, restSeconds) {
      const hash = tokenHash(token);
      const last = refusals.get(key);
      // Many calls may come back with the one token that was refused.
      if (last !== undefined && clock.monotonic() < last.restsUntil) {
        return last.hash === hash && last.since !== 'the same';
      }
      const restsUntil = clock.monotonic() + restSeconds;
      setBounded(refusals, key, { hash, restsUntil, since: 'nothing' }, MAX_REFUSALS);
      return true;
    },
    has(key, token) {
      const last = refusals.get(key);
      // Also when there is another one by now: a cache may have lost it.
      return last !== undefined && last.since !== 'the same' && last.hash === tokenHash(token);
    },
    replaced(key, token) {
      const last = refusals.get(key);
      if (last === undefined) return;
      refusals.set(key, { ...last, since: last.hash === tokenHash(token) ? 'the same' : 'another' });
    },
  };
}
