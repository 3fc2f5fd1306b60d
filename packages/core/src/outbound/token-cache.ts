import { type Clock } from '../clock.js';
import { type IssuedToken, type TokenOffer } from './token-source.js';

/** Where tokens are kept that may serve more than one call; the port for a cache that several replicas share. */
export interface TokenCache {
  get(key: string): Promise<IssuedToken | undefined>;
  /** @param expiresAt seconds since the epoch, when the token must be forgotten. */
  set(key: string, issued: IssuedToken, expiresAt: number): Promise<void>;
}

/** Hands out cached tokens, and has them issued when there is none. */
export interface CachedTokens {
  /**
   * The token of an offer. Calls that come while it is being issued wait for that one; a failure is not kept.
   * @param destination part of the key.
   * @param renew leaves what is cached aside: the called service refused it.
   */
  get(offer: TokenOffer, destination: string, renew: boolean): Promise<IssuedToken>;
}

export interface CachedTokensOptions {
  readonly cache: TokenCache;
  readonly clock: Clock;
  readonly onWarning: (message: string) => void;
}

/** Renewed this long before it expires, or at a fifth of its life when that is shorter. */
const RENEW_BEFORE_SECONDS = 60;
const RENEW_SHARE_OF_LIFE = 0.2;
/** Each process leaves out up to this share of it, by chance, so that replicas do not renew together. */
const JITTER = 0.2;

/** Makes the reader of a token cache: single flight, renewal before expiry. A cache that fails is as good as empty. */
export function cachedTokens({ cache, clock, onWarning }: CachedTokensOptions): CachedTokens {
  const pending = new Map<string, Promise<IssuedToken>>();
  const share = 1 - Math.random() * JITTER;

  async function lookUp(key: string): Promise<IssuedToken | undefined> {
    try {
      return await cache.get(key);
    } catch (error) {
      onWarning(`the token cache cannot be read, tokens are issued anew: ${wordsOf(error)}`);
      return undefined;
    }
  }

  async function keep(key: string, issued: IssuedToken): Promise<void> {
    try {
      await cache.set(key, issued, issued.claims.expiresAt);
    } catch (error) {
      onWarning(`the token cache cannot be written, tokens are issued anew: ${wordsOf(error)}`);
    }
  }

  async function issue(key: string, offer: TokenOffer, old: IssuedToken | undefined): Promise<IssuedToken> {
    try {
      const issued = await offer.issue();
      await keep(key, issued);
      return issued;
    } catch (error) {
      // It should have been renewed by now, but it still holds.
      if (old !== undefined && old.claims.expiresAt > clock.now()) return old;
      throw error;
    }
  }

  async function find(key: string, offer: TokenOffer, renew: boolean): Promise<IssuedToken> {
    const cached = renew ? undefined : await lookUp(key);
    if (cached !== undefined && clock.now() < renewalOf(cached, share)) return cached;
    return issue(key, offer, cached);
  }

  return {
    get(offer, destination, renew) {
      if (offer.cacheKey === undefined) return offer.issue();
      const key = JSON.stringify([destination, offer.cacheKey]);
      const underWay = pending.get(key);
      if (underWay !== undefined) return underWay;
      const found = find(key, offer, renew).finally(() => pending.delete(key));
      pending.set(key, found);
      return found;
    },
  };
}

/** When a token is due for renewal. */
function renewalOf({ claims }: IssuedToken, share: number): number {
  const life = claims.expiresAt - (claims.issuedAt ?? claims.expiresAt);
  return claims.expiresAt - Math.min(RENEW_BEFORE_SECONDS, life * RENEW_SHARE_OF_LIFE) * share;
}

/** A token cache in this process, by the monotonic clock; when it is full, what was used longest ago goes. */
export function memoryTokenCache(options: {
  readonly clock: Clock;
  readonly maxEntries?: number;
}): TokenCache {
  const { clock, maxEntries = 1000 } = options;
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
      entries.delete(key);
      const [oldest] = entries.keys();
      if (oldest !== undefined && entries.size >= maxEntries) entries.delete(oldest);
      entries.set(key, { issued, forgetAt: clock.monotonic() + expiresAt - clock.now() });
      return Promise.resolve();
    },
  };
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown error';
}
