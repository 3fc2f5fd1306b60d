import { JwksClient } from 'jwks-rsa';

/** Limits of one fetch of a remote key set. */
export interface JwksFetchLimits {
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

/** Fetches the keys of a remote JWK set, as raw JWKs. */
export type FetchJwks = () => Promise<unknown>;

/**
 * Fetches by jwks-rsa, whose own cache and rate limit are off: `jwks.ts` holds the keys, per issuer and as a whole.
 * Its fetcher is ours, because its own has no bound on the body and follows redirects.
 */
export function jwksFetcher(jwksUri: string, limits: JwksFetchLimits): FetchJwks {
  const client = new JwksClient({
    jwksUri,
    cache: false,
    rateLimit: false,
    fetcher: async (uri) => ({ keys: await fetchKeys(uri, limits) }),
  });
  return () => client.getKeys();
}

async function fetchKeys(uri: string, limits: JwksFetchLimits): Promise<readonly unknown[]> {
  const response = await fetch(uri, {
    redirect: 'error',
    signal: AbortSignal.timeout(limits.timeoutMs),
    headers: { accept: 'application/jwk-set+json, application/json' },
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new TypeError(`answered ${String(response.status)}`);
  }
  const jwks = parseJson(await readBounded(response, limits.maxBytes));
  const keys: unknown = typeof jwks === 'object' && jwks !== null && 'keys' in jwks ? jwks.keys : undefined;
  if (!Array.isArray(keys)) throw new TypeError('is not a JWK set: it has no "keys" array');
  return Array.from<unknown>(keys);
}

/** Reads a body as text. @throws TypeError when it is larger than that, or not UTF-8. */
export async function readBounded({ body }: Response, maxBytes: number): Promise<string> {
  if (body === null) return '';
  const arriving: AsyncIterable<Uint8Array> = body;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of arriving) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new TypeError(`is larger than ${String(maxBytes)} bytes`);
    chunks.push(chunk);
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
}

/** The parser's own message would quote what a stranger sent. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new TypeError('is not JSON');
  }
}
