import { JwksClient } from 'jwks-rsa';
import { cacheAgeSeconds } from './cache-age.js';
import { type FetchedKeys, type FetchKeys } from './key-source.js';
import { readBounded } from '../lib/read-bounded.js';

/** Limits of one fetch of a remote key set. */
export interface JwksFetchLimits {
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

/** Fetches the key set at an address that is known. */
export function jwksFetcher(jwksUri: string, { timeoutMs, maxBytes }: JwksFetchLimits): FetchKeys {
  return () => fetchJwks(jwksUri, maxBytes, AbortSignal.timeout(timeoutMs));
}

/**
 * Fetches by jwks-rsa, whose own cache and rate limit are off: `jwks.ts` holds the keys, per issuer and as a whole.
 * Its fetcher is ours, because its own has no bound on the body and follows redirects.
 */
export async function fetchJwks(
  jwksUri: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<FetchedKeys> {
  let cacheControl: string | null = null;
  const client = new JwksClient({
    jwksUri,
    cache: false,
    rateLimit: false,
    async fetcher(uri) {
      const response = await fetch(uri, {
        redirect: 'error',
        signal,
        headers: { accept: 'application/jwk-set+json, application/json' },
      });
      cacheControl = response.headers.get('cache-control');
      return { keys: await readKeys(response, maxBytes) };
    },
  });
  const keys: unknown = await client.getKeys();
  return { keys, maxAgeSeconds: cacheAgeSeconds(cacheControl) };
}

async function readKeys(response: Response, maxBytes: number): Promise<readonly unknown[]> {
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new TypeError(`answered ${String(response.status)}`);
  }
  const jwks = parseJson(await readBounded(response, maxBytes));
  const keys: unknown = typeof jwks === 'object' && jwks !== null && 'keys' in jwks ? jwks.keys : undefined;
  if (!Array.isArray(keys)) throw new TypeError('is not a JWK set: it has no "keys" array');
  return Array.from<unknown>(keys);
}

/** The parser's own message would quote what a stranger sent. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new TypeError('is not JSON');
  }
}
