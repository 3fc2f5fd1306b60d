import { type Clock } from '../clock.js';
import { forgivingCache } from './forgiving-cache.js';
import { type TokenCache } from './token-cache.js';
import { type IssuedToken, type TokenOffer } from './token-source.js';

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

/** After a renewal that failed, a token that still holds is used for so long before the next attempt. */
const RETRY_RENEWAL_SECONDS = 5;

/** Makes the reader of a token cache: single flight, renewal before expiry. A cache that fails is as good as empty. */
export function cachedTokens(options: CachedTokensOptions): CachedTokens {
  const { clock, onWarning } = options;
  const cache = forgivingCache(options);
  const pending = new Map<string, Flight>();
  const restsUntil = new WeakMap<IssuedToken, number>();
  const share = 1 - Math.random() * JITTER;

  function isDue(issued: IssuedToken): boolean {
    if (clock.now() < renewalOf(issued, share)) return false;
    return (
      clock.now() >= issued.claims.expiresAt || clock.monotonic() >= (restsUntil.get(issued) ?? -Infinity)
    );
  }

  async function issue(key: string, offer: TokenOffer, old: IssuedToken | undefined): Promise<IssuedToken> {
    try {
      const issued = await offer.issue();
      await cache.set(key, issued, issued.claims.expiresAt);
      return issued;
    } catch (error) {
      // It should have been renewed by now, but it still holds.
      if (old === undefined || clock.now() >= old.claims.expiresAt) throw error;
      restsUntil.set(old, clock.monotonic() + RETRY_RENEWAL_SECONDS);
      onWarning(
        `a token for ${old.claims.audience} could not be renewed; the old one is used while it holds`,
      );
      return old;
    }
  }

  async function find(key: string, offer: TokenOffer, renew: boolean): Promise<IssuedToken> {
    const cached = renew ? undefined : await cache.get(key);
    return cached !== undefined && !isDue(cached) ? cached : issue(key, offer, cached);
  }

  return {
    get(offer, destination, renew) {
      if (offer.cacheKey === undefined) return offer.issue();
      const key = JSON.stringify([destination, offer.cacheKey]);
      const underWay = pending.get(key);
      // Who wants a new token does not wait for somebody who may be content with the one that was refused.
      if (underWay !== undefined && (underWay.renews || !renew)) return underWay.token;
      const token = find(key, offer, renew).finally(() => {
        if (pending.get(key) === flight) pending.delete(key);
      });
      const flight: Flight = { token, renews: renew };
      pending.set(key, flight);
      return token;
    },
  };
}

/** A token that is being looked up or issued. */
interface Flight {
  readonly token: Promise<IssuedToken>;
  /** Whether it is certainly a new one. */
  readonly renews: boolean;
}

/** When a token is due for renewal. */
function renewalOf({ claims }: IssuedToken, share: number): number {
  const life = claims.expiresAt - (claims.issuedAt ?? claims.expiresAt);
  return claims.expiresAt - Math.min(RENEW_BEFORE_SECONDS, life * RENEW_SHARE_OF_LIFE) * share;
}
