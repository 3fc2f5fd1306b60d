import { type Clock } from '../clock.js';
import { type IssuedToken } from './token-source.js';

/** Keeps tokens that may be used for more than one call. */
export interface TokenCache {
  /**
   * The token of that key, or a fresh one. Calls that come while one is being made wait for it; a failure is not kept.
   * @param key everything that the token depends on.
   */
  get(key: string, fresh: () => Promise<IssuedToken>): Promise<IssuedToken>;
}

/** Renewed this long before it expires, or at a fifth of its life when that is shorter. */
const RENEW_BEFORE_SECONDS = 60;
const RENEW_SHARE_OF_LIFE = 0.2;
/** Up to so much earlier, by chance, so that replicas do not renew together. */
const JITTER = 0.2;

interface Entry {
  readonly issued: IssuedToken;
  /** By the wall clock, which the token's own expiry is measured by, and by the monotonic one, which is never set back. */
  readonly renewAt: number;
  readonly renewAtMonotonic: number;
}

/** A token cache in this process; when it is full, the oldest entry goes. */
export function tokenCache(clock: Clock, maxEntries = 1000): TokenCache {
  const entries = new Map<string, Entry>();
  const pending = new Map<string, Promise<IssuedToken>>();

  function keep(key: string, issued: IssuedToken): void {
    const life = issued.claims.expiresAt - clock.now();
    const early = Math.min(RENEW_BEFORE_SECONDS, life * RENEW_SHARE_OF_LIFE) * (1 + Math.random() * JITTER);
    entries.delete(key);
    const [oldest] = entries.keys();
    if (oldest !== undefined && entries.size >= maxEntries) entries.delete(oldest);
    const keepSeconds = life - early;
    entries.set(key, {
      issued,
      renewAt: clock.now() + keepSeconds,
      renewAtMonotonic: clock.monotonic() + keepSeconds,
    });
  }

  return {
    get(key, fresh) {
      const entry = entries.get(key);
      if (entry !== undefined && clock.now() < entry.renewAt && clock.monotonic() < entry.renewAtMonotonic) {
        return Promise.resolve(entry.issued);
      }
      const underWay = pending.get(key);
      if (underWay !== undefined) return underWay;
      const made = fresh()
        .then((issued) => {
          keep(key, issued);
          return issued;
        })
        .finally(() => pending.delete(key));
      pending.set(key, made);
      return made;
    },
  };
}
