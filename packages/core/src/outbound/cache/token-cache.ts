import { type Clock } from '../../clock.js';
import { setBounded } from '../../lib/bounded-map.js';
import { type IssuedToken } from '../token-source.js';

/**
 * A cache for tokens that can be used for more than one call. Implement it to share tokens between replicas. If it throws or
 * does not answer within a second, a new token is issued and the call goes on.
 */
export interface TokenCache {
  /** Returns the token stored under a key, or undefined. */
  get(key: string): Promise<IssuedToken | undefined>;
  /**
   * Stores a token.
   * @param expiresAt When the token must be removed, in seconds since the epoch.
   */
  set(key: string, issued: IssuedToken, expiresAt: number): Promise<void>;
}

/** The options of `memoryTokenCache`. */
export interface MemoryTokenCacheOptions {
  readonly clock: Clock;
  /** The maximum number of tokens. Default 1,000. */
  readonly maxEntries?: number;
}

/**
 * Creates a token cache in the memory of this process, the default of `createAuthorizer`. When it is full, the least recently
 * used token is removed. A token expires by the wall clock or the monotonic clock, whichever is first.
 */
export function memoryTokenCache({ clock, maxEntries = 1000 }: MemoryTokenCacheOptions): TokenCache {
  const entries = new Map<string, { readonly issued: IssuedToken; readonly forgetAt: number }>();
  return {
    get(key) {
      const entry = entries.get(key);
      if (entry === undefined) return Promise.resolve(undefined);
      entries.delete(key);
      if (clock.monotonic() >= entry.forgetAt || clock.now() >= entry.issued.claims.expiresAt) {
        return Promise.resolve(undefined);
      }
      entries.set(key, entry);
      return Promise.resolve(entry.issued);
    },
    set(key, issued, expiresAt) {
      const forgetAt = clock.monotonic() + expiresAt - clock.now();
      setBounded(entries, key, { issued, forgetAt }, maxEntries);
      return Promise.resolve();
    },
  };
}
