import { JwksClient } from 'jwks-rsa';
import { readBounded } from '../lib/read-bounded.js';

/** What an issuer answered when it was asked for its keys. */
export interface FetchedKeys {
  /** The members of its `keys`, not yet looked at. */
  readonly keys: unknown;
  /** How long it may be kept by its own `Cache-Control`; undefined when it says nothing. */
  readonly maxAgeSeconds: number | undefined;
}

/**
 * Asks an issuer for its keys. Bounded in time and size; throws when there is no usable answer.
 * @param isKeyMissing whether a token names a key that was not in the last answer. Whoever sends tokens can bring that about.
 */
export type FetchKeys = (isKeyMissing: boolean) => Promise<FetchedKeys>;

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
 * Fetches by jwks-rsa, whose own cache and rate limit are off: `remote-keys.ts` holds the keys, per issuer and as a whole.
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

const SHORTEST_SECONDS = 60;
const LONGEST_SECONDS = 86_400;

/** Directives that forbid to keep an answer: it is kept for the shortest time, or each request would fetch it. */
const NOT_KEPT: ReadonlySet<string> = new Set(['no-store', 'no-cache']);

/**
 * How long a key set may be kept by the `Cache-Control` of its answer (RFC 9111 section 5.2.2): from a minute to a day,
 * whatever it says. An age that cannot be read counts as none at all (section 4.2.1). `s-maxage` is for shared caches.
 * @returns undefined when it says nothing about its age.
 */
export function cacheAgeSeconds(cacheControl: string | null): number | undefined {
  const ages = (cacheControl ?? '').split(',').flatMap((directive) => {
    const [name = '', value = ''] = directive.split('=', 2).map((part) => part.trim().toLowerCase());
    if (NOT_KEPT.has(name)) return [0];
    return name === 'max-age' ? [ageOf(value)] : [];
  });
  if (ages.length === 0) return undefined;
  return Math.min(LONGEST_SECONDS, Math.max(SHORTEST_SECONDS, Math.min(...ages)));
}

function ageOf(value: string): number {
  const digits = /^(?:(\d+)|"(\d+)")$/.exec(value);
  return digits === null ? 0 : Number(digits[1] ?? digits[2]);
}
