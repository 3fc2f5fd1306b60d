import { type Clock } from '../../clock.js';
import { setBounded } from '../../lib/bounded-map.js';
import { once } from '../../lib/single-flight.js';
import { type RefusedTokens } from './refused-tokens.js';
import { type TokenCache } from './token-cache.js';
import { type IssuedToken, type TokenOffer } from '../token-source.js';

/** Has tokens issued for a cache, in time. */
export interface TokenRenewal {
  /** A new token for all calls that come meanwhile; it is cached. */
  issue(key: string, offer: TokenOffer): Promise<IssuedToken>;
  /**
   * The cached token, and where that will not do for long a new one in its place. Nobody waits for that but in the last
   * moments of the old one, and where the old one was refused: then the first who comes, and who must have another one.
   * @param cached holds now.
   */
  keepOrRenew(
    key: string,
    offer: TokenOffer,
    cached: IssuedToken,
    mustDiffer: boolean,
  ): IssuedToken | Promise<IssuedToken>;
}

export interface TokenRenewalOptions {
  readonly cache: TokenCache;
  readonly refused: RefusedTokens;
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

/** Renews each token before it expires, one request at a time for each key. */
export function tokenRenewal({ cache, refused, clock, onWarning }: TokenRenewalOptions): TokenRenewal {
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

  /** Returns a new token in place of one that is still valid; that one, if no new token is available. */
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

  return {
    issue,
    keepOrRenew(key, offer, cached, mustDiffer) {
      const left = cached.claims.expiresAt - clock.now();
      const margin = renewalMargin(cached, share);
      const isRefused = refused.has(key, cached.token);
      const rests = clock.monotonic() < (restsUntil.get(key) ?? -Infinity);
      if (rests || (left > margin && !isRefused)) return cached;
      const isFirst = !renewals.has(key);
      const renewal = once(renewals, key, () => renew(key, offer, cached));
      if (left <= margin * ENDING_SHARE || (isRefused && (isFirst || mustDiffer))) return renewal;
      // Nobody waits for it, and an operator is told when it fails.
      renewal.catch(() => undefined);
      return cached;
    },
  };
}

/** How long before it expires a token is due for renewal, in seconds. */
function renewalMargin({ claims }: IssuedToken, share: number): number {
  const life = claims.expiresAt - (claims.issuedAt ?? claims.expiresAt);
  return Math.min(RENEW_BEFORE_SECONDS, life * RENEW_SHARE_OF_LIFE) * share;
}
