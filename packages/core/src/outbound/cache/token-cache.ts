import { type Clock } from '../../clock.js';
import { setBounded } from '../../lib/bounded-map.js';
import { type IssuedToken } from '../token-source.js';

/**
 * Where tokens are kept that may serve more than one call; the port for a cache that several replicas share. One that
 * throws, or does not answer within a second, costs speed and no call: then tokens are issued anew.
 */
export interface TokenCache {
  get(key: string): Promise<IssuedToken | undefined>;
  /** @param expiresAt seconds since the epoch, when the token must be forgotten. */
  set(key: string, issued: IssuedToken, expiresAt: number): Promise<void>;
}

/** The options of `memoryTokenCache`. */
export interface MemoryTokenCacheOptions {
  readonly clock: Clock;
  /** Default 1,000. */
  readonly maxEntries?: number;
}

/**
 * A token cache in this process; when it is full, what was used longest ago goes. A token is forgotten when either clock
 * says that it has expired, so that it does not live on when the wall clock is set back.
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
