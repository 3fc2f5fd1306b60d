import { CountersignError } from '../errors.js';

/** The parts of a request that may hold a token. */
export interface TokenRequest {
  /** Names and values by turns, as they were sent; Node's `headers` would drop a second Authorization. */
  readonly rawHeaders: readonly string[];
  /** Path and query as they stand on the request line. */
  readonly url: string;
}

/** Header names that may carry a token, and what stands before it in their value. */
const TOKEN_HEADERS: ReadonlyMap<string, 'bearer' | 'bare'> = new Map([
  ['authorization', 'bearer'],
  ['jwt', 'bare'],
]);

const BEARER = /^bearer(?: +|$)/i;

/** The characters of a compact token and of every other bearer token (RFC 6750 section 2.1, b64token). */
const TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/;

/**
 * Takes the token out of `Authorization: Bearer` (any case) or `JWT:` (RFC 6750 section 2.1).
 * A token in the query, a form or a cookie is never read. Nothing about the token itself is checked.
 * @returns undefined when no token was sent, which includes an Authorization of another scheme.
 * @throws CountersignError `request_malformed` for two of these headers, for two tokens, or for a value that is no token.
 */
export function extractToken(request: TokenRequest): string | undefined {
  let value: string | undefined;
  let form: 'bearer' | 'bare' | undefined;
  for (let index = 0; index + 1 < request.rawHeaders.length; index += 2) {
    const header = TOKEN_HEADERS.get(request.rawHeaders[index]?.toLowerCase() ?? '');
    if (header === undefined) continue;
    if (form !== undefined) throw malformed('more than one Authorization or JWT header was sent');
    form = header;
    value = request.rawHeaders[index + 1] ?? '';
  }
  if (value === undefined) return undefined;
  if (form === 'bearer') {
    const scheme = BEARER.exec(value);
    if (scheme === null) return undefined;
    value = value.slice(scheme[0].length);
  }
  if (!TOKEN.test(value)) throw malformed('the Authorization header holds something else than one token');
  if (hasQueryToken(request.url)) throw malformed('a token was sent in the header and in the query');
  return value;
}

function hasQueryToken(url: string): boolean {
  const query = url.indexOf('?');
  return query !== -1 && new URLSearchParams(url.slice(query + 1)).has('access_token');
}

function malformed(message: string): CountersignError {
  return new CountersignError('request_malformed', message);
}
