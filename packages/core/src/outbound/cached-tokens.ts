import { type Clock } from '../clock.js';
import { setBounded } from './bounded-map.js';
import { forgivingCache } from './forgiving-cache.js';
import { refusedTokens } from './refused-tokens.js';
import { type TokenCache } from './token-cache.js';
import { type IssuedToken, type TokenOffer } from './token-source.js';

/** Hands out cached tokens, and has them issued when there is none. */
export interface CachedTokens {
  /**
   * The token of an offer. Calls that come while it is being issued wait for that one; a failure is not kept. One that
   * should be renewed and still holds is handed out while the new one is being issued.
   * @param destination part of the key.
   */
  get(offer: TokenOffer, destination: string): Promise<IssuedToken>;
  /**
   * Leaves a token aside that the called service refused: calls that follow wait for another one. While none can be had,
   * the old one is used as long as it holds: the service may think better of it.
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

/** Renewed this long before it expires, or at a fifth of its life when that is shorter. */
const RENEW_BEFORE_SECONDS = 60;
const RENEW_SHARE_OF_LIFE = 0.2;
/** In the last part of that time it might expire on its way, and calls wait for the new one. */
const ENDING_SHARE = 0.1;
/** Each process leaves out up to this share of it, by chance, so that replicas do not renew together. */
const JITTER = 0.2;

/** After a renewal that failed, a token that still holds is used for so long before the next attempt. */
const RETRY_RENEWAL_SECONDS = 5;

/** More failed renewals are not remembered. A shared cache makes another object of its token each time: the key is what stays. */
const MAX_RESTS = 1000;

/**
 * Makes the reader of a token cache: single flight, renewal before expiry, which no call waits for while the old token
 * holds. A cache that fails is as good as empty.
 */
export function cachedTokens(options: CachedTokensOptions): CachedTokens {
  const { clock, onWarning } = options;
  const cache = forgivingCache(options);
  const keys = new WeakMap<IssuedToken, string>();
  const refused = refusedTokens(clock);
  const lookups = new Map<string, Promise<IssuedToken>>();
  const issuing = new Map<string, Promise<IssuedToken>>();
  const renewals = new Map<string, Promise<IssuedToken>>();
  const restsUntil = new Map<string, number>();
  const share = 1 - Math.random() * JITTER;

  function issue(key: string, offer: TokenOffer): Promise<IssuedToken> {
    return once(issuing, key, async () => {
      const issued = await offer.issue();
      restsUntil.delete(key);
      refused.replaced(key, issued.token);
      await cache.set(key, issued, issued.claims.expiresAt);
      return issued;
    });
  }

  /** A new token in place of one that still holds; that one when it cannot be had. */
  async function renew(key: string, offer: TokenOffer, old: IssuedToken): Promise<IssuedToken> {
    try {
      return await issue(key, offer);
    } catch (error) {
      setBounded(restsUntil, key, clock.monotonic() + RETRY_RENEWAL_SECONDS, MAX_RESTS);
      onWarning(
        `a token for ${old.claims.audience} could not be renewed; the old one is used while it holds`,
      );
      if (clock.now() >= old.claims.expiresAt) throw error;
      return old;
    }
  }

  async function find(key: string, offer: TokenOffer): Promise<IssuedToken> {
    const cached = await cache.get(key);
    const left = cached === undefined ? 0 : cached.claims.expiresAt - clock.now();
    if (cached === undefined || left <= 0) return issue(key, offer);
    const margin = renewalMargin(cached, share);
    const isRefused = refused.has(key, cached.token);
    const rests = clock.monotonic() < (restsUntil.get(key) ?? -Infinity);
    if (rests || (left > margin && !isRefused)) return cached;
    const renewal = once(renewals, key, () => renew(key, offer, cached));
    if (isRefused || left <= margin * ENDING_SHARE) return renewal;
    // Nobody waits for it, and an operator is told when it fails.
    renewal.catch(() => undefined);
    return cached;
  }

  return {
    async get(offer, destination) {
      if (offer.cacheKey === undefined) return offer.issue();
      const key = JSON.stringify([destination, offer.cacheKey]);
      const issued = await once(lookups, key, () => find(key, offer));
      keys.set(issued, key);
      return issued;
    },
    refuse(issued, restSeconds) {
      const key = keys.get(issued);
      return key === undefined || refused.add(key, issued.token, restSeconds);
    },
  };
}

/** How long before it expires a token is due for renewal, in seconds. */
function renewalMargin({ claims }: IssuedToken, share: number): number {
  const life = claims.expiresAt - (claims.issuedAt ?? claims.expiresAt);
  return Math.min(RENEW_BEFORE_SECONDS, life * RENEW_SHARE_OF_LIFE) * share;
}

/** What is under way for a key, or is begun. */
function once<T>(flights: Map<string, Promise<T>>, key: string, begin: () => Promise<T>): Promise<T> {
  const underWay = flights.get(key);
  if (underWay !== undefined) return underWay;
  const flight = begin().finally(() => flights.delete(key));
  flights.set(key, flight);
  return flight;
}
