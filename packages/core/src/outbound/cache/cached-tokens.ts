import { type Clock } from '../../clock.js';
import { faultTolerantCache } from './fault-tolerant-cache.js';
import { refusedTokens } from './refused-tokens.js';
import { once } from '../../lib/single-flight.js';
import { type TokenCache } from './token-cache.js';
import { tokenRenewal } from './token-renewal.js';
import { type IssuedToken, type TokenOffer } from '../token-source.js';

/** Hands out cached tokens, and has them issued when there is none. */
export interface CachedTokens {
  /**
   * The token of an offer. Calls that come while it is being issued wait for that one; a failure is not kept. One that
   * should be renewed and still holds is handed out while the new one is being issued.
   * @param destination part of the key.
   * @param mustDiffer waits for another token in place of one that was refused; it may be the old one where none can be had.
   */
  get(offer: TokenOffer, destination: string, mustDiffer: boolean): Promise<IssuedToken>;
  /**
   * Leaves a token aside that the called service refused: the first call that follows waits for another one, and those that
   * come meanwhile do not. While none can be had, the old one is used as long as it holds: the service may think better of it.
   * @param restSeconds for so long no other token in its place is left aside.
   * @returns whether calls that follow ask for another; true also for a token that serves one call only.
   */
  refuse(issued: IssuedToken, restSeconds: number): boolean;
}

export interface CachedTokensOptions {
  readonly cache: TokenCache;
  readonly clock: Clock;
  readonly onWarning: (message: string) => void;
}

/**
 * Makes the reader of a token cache: single flight, renewal before expiry, which no call waits for while the old token
 * holds. A cache that fails is as good as empty.
 */
export function cachedTokens(options: CachedTokensOptions): CachedTokens {
  const { clock, onWarning } = options;
  const cache = faultTolerantCache(options);
  const keys = new WeakMap<IssuedToken, string>();
  const refused = refusedTokens(clock);
  const lookups = new Map<string, Promise<Found>>();
  const renewal = tokenRenewal({ cache, refused, clock, onWarning });

  /** What is cached and holds, or else a new token, for all calls that come meanwhile. */
  async function find(key: string, offer: TokenOffer): Promise<Found> {
    const cached = await cache.get(key);
    return cached !== undefined && clock.now() < cached.claims.expiresAt
      ? { issued: cached, isNew: false }
      : { issued: await renewal.issue(key, offer), isNew: true };
  }

  return {
    async get(offer, destination, mustDiffer) {
      if (offer.cacheKey === undefined) return frozen(await offer.issue());
      const key = JSON.stringify([destination, offer.cacheKey]);
      const found = await once(lookups, key, () => find(key, offer));
      const issued = found.isNew
        ? found.issued
        : await renewal.keepOrRenew(key, offer, found.issued, mustDiffer);
      keys.set(issued, key);
      return frozen(issued);
    },
    refuse(issued, restSeconds) {
      const key = keys.get(issued);
      return key === undefined || refused.add(key, issued.token, restSeconds);
    },
  };
}

/** What calls share, whoever kept it: the one that changed it would change the others' tokens, or what is recorded of them. */
function frozen(issued: IssuedToken): IssuedToken {
  Object.freeze(issued.claims.scopes);
  Object.freeze(issued.claims.actors);
  Object.freeze(issued.claims);
  return Object.freeze(issued);
}

interface Found {
  readonly issued: IssuedToken;
  readonly isNew: boolean;
}
