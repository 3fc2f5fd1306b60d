import { type Clock } from '../../clock.js';
import { withTimeout } from '../../lib/with-timeout.js';
import { type TokenCache } from './token-cache.js';

export interface FaultTolerantCacheOptions {
  readonly cache: TokenCache;
  readonly clock: Clock;
  readonly onWarning: (message: string) => void;
}

/** A cache that has not answered by then is as good as one that failed. */
const TIMEOUT_MS = 1000;
/** A cache that failed is left alone for so long: calls do not wait for it, and an outage is not a warning for each. */
const REST_SECONDS = 1;

/** Makes a cache that never fails: one that throws or does not answer is as good as empty, and an operator is told. */
export function faultTolerantCache({ cache, clock, onWarning }: FaultTolerantCacheOptions): TokenCache {
  let restsUntil = -Infinity;

  async function attempt<T>(use: () => Promise<T>): Promise<T | undefined> {
    if (clock.monotonic() < restsUntil) return undefined;
    try {
      return await withTimeout(use, TIMEOUT_MS, noAnswer);
    } catch (error) {
      restsUntil = clock.monotonic() + REST_SECONDS;
      onWarning(`the token cache fails, tokens are issued anew: ${nameOf(error)}`);
      return undefined;
    }
  }

  return {
    // Some backends say null for nothing, whatever the port says.
    get: async (key) => (await attempt(() => cache.get(key))) ?? undefined,
    set: (key, issued, expiresAt) => attempt(() => cache.set(key, issued, expiresAt)),
  };
}

function noAnswer(): Error {
  return Object.assign(new Error('no answer in time'), { name: 'TimeoutError' });
}

/** The name and the code of an error. Its words may hold what was to be stored. */
function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  return 'code' in error && typeof error.code === 'string' ? `${error.name} ${error.code}` : error.name;
}
