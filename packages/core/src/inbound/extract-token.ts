import { CountersignError } from '../errors.js';

/** The parts of a request that may hold a token. */
export interface TokenRequest {
  /** Names and values by turns, as they were sent; Node's `headers` would drop a second Authorization. */
  readonly rawHeaders: readonly string[];
  /** Path and query as they stand on the request line. */
  readonly url: string;
}

/** The characters of a compact token and of every other bearer token (RFC 6750 section 2.1, b64token). */
const BARE = /^([A-Za-z0-9\-._~+/]+=*)$/;
const WITH_SCHEME = /^(?:bearer|dpop) +([A-Za-z0-9\-._~+/]+=*)$/i;

/** A scheme goes on for as long as its characters do (RFC 9110 section 5.6.2): `BearerX` is another one. */
const KNOWN_SCHEME = /^(?:bearer|dpop)(?![\w!#$%&'*+\-.^`|~])/i;

/** Header names that may carry a token, and what their value must be. */
const TOKEN_HEADERS: ReadonlyMap<string, RegExp> = new Map([
  ['authorization', WITH_SCHEME],
  ['jwt', BARE],
]);

/** `DPoP` says that a proof comes along (RFC 9449 section 7.1). A token in the header `JWT:` counts as a bearer token. */
export type TokenScheme = 'Bearer' | 'DPoP';

/** A token, and how it was sent. */
export interface Credentials {
  readonly scheme: TokenScheme;
  readonly token: string;
}

/** The token alone: see `extractCredentials`. */
export function extractToken(request: TokenRequest): string | undefined {
  return extractCredentials(request)?.token;
}

/**
 * Takes the token out of `Authorization: Bearer` (any case, RFC 6750 section 2.1), `Authorization: DPoP` (RFC 9449 section
 * 7.1) or `JWT:`. A token in the query, a form or a cookie is never read. Nothing about the token itself is checked.
 * @returns undefined when no token was sent, which includes an Authorization of another scheme.
 * @throws CountersignError `request_malformed` for two of these headers, for two tokens, or for a value that is no token.
 */
export function extractCredentials(request: TokenRequest): Credentials | undefined {
  let sent: { readonly form: RegExp; readonly value: string } | undefined;
  for (let index = 0; index + 1 < request.rawHeaders.length; index += 2) {
    const form = TOKEN_HEADERS.get(request.rawHeaders[index]?.toLowerCase() ?? '');
    if (form === undefined) continue;
    if (sent !== undefined) throw malformed('more than one Authorization or JWT header was sent');
    sent = { form, value: request.rawHeaders[index + 1] ?? '' };
  }
  if (sent === undefined || (sent.form === WITH_SCHEME && !KNOWN_SCHEME.test(sent.value))) return undefined;
  const token = sent.form.exec(sent.value)?.[1];
  if (token === undefined) throw malformed('the Authorization header holds something else than one token');
  if (hasQueryToken(request.url)) throw malformed('a token was sent in the header and in the query');
  return { scheme: sent.form === WITH_SCHEME && /^dpop/i.test(sent.value) ? 'DPoP' : 'Bearer', token };
}

function hasQueryToken(url: string): boolean {
  const start = url.indexOf('?');
  if (start === -1) return false;
  const query = url.slice(start + 1);
  // Taken apart only where the name can be in it, plain or with an escape: every request with a query comes by here.
  return /access_token|%/.test(query) && new URLSearchParams(query).has('access_token');
}

function malformed(message: string): CountersignError {
  return new CountersignError('request_malformed', message);
}
