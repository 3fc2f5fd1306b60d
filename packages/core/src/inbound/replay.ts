import { systemClock, type Clock } from '../clock.js';
import { CountersignError } from '../errors.js';
import { type Authentication } from '../principal.js';

/** Remembers which single-use tokens were used. */
export interface ReplayStore {
  /**
   * Notes the use of a token. Must be atomic: of any number of calls with one key, exactly one gets `true`.
   * @param key issuer and `jti`; opaque, at most a few hundred characters.
   * @param expiresAt seconds since the epoch, until which the key must be remembered.
   */
  firstUse(key: string, expiresAt: number): Promise<boolean>;
}

/**
 * Lets a single-use token through once. The last step, because it writes: a request that is refused changes nothing.
 * @throws CountersignError `token_replayed`; `replay_store_unavailable` when the store fails, whatever its error.
 */
export async function useOnce(authentication: Authentication, store: ReplayStore): Promise<void> {
  const { singleUse } = authentication;
  if (singleUse === undefined) return;
  let isFirst: boolean;
  try {
    isFirst = await store.firstUse(singleUse.key, singleUse.expiresAt);
  } catch (cause) {
    throw new CountersignError('replay_store_unavailable', 'the replay store failed', {
      cause,
      retryAfterSeconds: 1,
    });
  }
  if (!isFirst) throw new CountersignError('token_replayed', 'a bound token is for one request only');
}

export interface MemoryReplayStoreOptions {
  readonly clock?: Clock;
  /** How many tokens are remembered at once. Default 100,000 (about 20 MB). */
  readonly maxEntries?: number;
}

/**
 * A replay store in this process, for a service that runs once. With several replicas each would let a token through.
 * When it is full of tokens that still live it throws: forgetting one would let it be used again.
 */
export function memoryReplayStore(options: MemoryReplayStoreOptions = {}): ReplayStore {
  const { clock = systemClock, maxEntries = 100_000 } = options;
  const expiries = new Map<string, number>();
  let nextSweepAt = 0;

  function sweep(now: number): void {
    for (const [key, expiresAt] of expiries) if (expiresAt <= now) expiries.delete(key);
    nextSweepAt = now + 10;
  }

  return {
    firstUse(key, expiresAt) {
      const now = clock.now();
      const known = expiries.get(key);
      if (known !== undefined && known > now) return Promise.resolve(false);
      if (now >= nextSweepAt) sweep(now);
      if (expiries.size >= maxEntries)
        return Promise.reject(new Error('the in-process replay store is full'));
      expiries.set(key, expiresAt);
      return Promise.resolve(true);
    },
  };
}
