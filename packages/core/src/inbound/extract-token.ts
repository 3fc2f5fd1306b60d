import { CountersignError } from '../errors.js';

/** The parts of a request that may hold a token. */
export interface TokenRequest {
  /** Names and values by turns, as they were sent; Node's `headers` would drop a second Authorization. */
  readonly rawHeaders: readonly string[];
  /** Path and query as they stand on the request line. */
  readonly url: string;
  /** The token that the application says this request carries, as `useToken` does. Default: the one in the headers. */
  readonly token?: string | undefined;
}

/** The characters of a compact token and of every other bearer token (RFC 6750 section 2.1, b64token). */
const TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/;

/** Ends where the token begins. */
const BEFORE_TOKEN = /^(?:bearer|dpop) +/i;

/** Another scheme, with what it carries. No JWT begins so: it has a dot before the first space. */
const OTHER_SCHEME = /^[A-Za-z][A-Za-z0-9-]* +[!-~]/;

/** A scheme goes on for as long as its characters do (RFC 9110 section 5.6.2): `BearerX` is another one. */
const KNOWN_SCHEME = /^(?:bearer|dpop)(?![\w!#$%&'*+\-.^`|~])/i;

/** `DPoP` says that a proof comes along (RFC 9449 section 7.1). A token in the header `JWT:` counts as a bearer token. */
export type TokenScheme = 'Bearer' | 'DPoP';

/** A token, and how it was sent. */
export interface Credentials {
  readonly scheme: TokenScheme;
  readonly token: string;
}

/** A header that may carry a token. */
type CredentialHeader = 'authorization' | 'jwt';

/**
 * Takes the token out of `Authorization: Bearer` (any case, RFC 6750 section 2.1), `Authorization: DPoP` (RFC 9449 section
 * 7.1) or `JWT:`. A token in the query, a form or a cookie is never read. Nothing about the token itself is checked.
 * @param tokenHeaders `tokenHeaders` of the verifier: the headers that are read instead of these.
 * @returns undefined when no token was sent, which includes an Authorization of another scheme.
 * @throws CountersignError `request_malformed` for two of these headers, for two tokens, or for a value that is no token.
 */
export function extractToken(request: TokenRequest, tokenHeaders?: readonly string[]): string | undefined {
  const sent = extractCredentials(request, tokenHeaders);
  return sent === undefined ? undefined : requireToken(sent.token);
}

/**
 * The same, with the scheme, but what was sent as the token may be anything. A text that was accepted before is a token;
 * any other goes through `requireToken`.
 * @param tokenHeaders in small letters; undefined for `Authorization` and `JWT`.
 * @throws CountersignError `request_malformed` for two of these headers, for two tokens, and for one beside a token in the query.
 */
export function extractCredentials(
  { rawHeaders, url, token }: TokenRequest,
  tokenHeaders?: readonly string[],
): Credentials | undefined {
  const inHeader =
    tokenHeaders === undefined ? readUsualHeaders(rawHeaders) : readNamedHeaders(rawHeaders, tokenHeaders);
  if (token !== undefined && inHeader !== undefined)
    throw malformed('a token was sent in a header, beside the one that the application named by useToken()');
  const sent: Credentials | undefined = token === undefined ? inHeader : { scheme: 'Bearer', token };
  if (sent !== undefined && hasQueryToken(url))
    throw malformed('a token was sent in the header and in the query');
  return sent;
}

function readUsualHeaders(rawHeaders: readonly string[]): Credentials | undefined {
  let header: CredentialHeader | undefined;
  let value = '';
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const named = tokenHeader(rawHeaders[index] ?? '');
    if (named === undefined) continue;
    if (header !== undefined) throw malformed('more than one Authorization or JWT header was sent');
    header = named;
    value = rawHeaders[index + 1] ?? '';
  }
  if (header === undefined) return undefined;
  return header === 'jwt' ? { scheme: 'Bearer', token: value } : readAuthorization(value);
}

/** Each header at most once, and a token in one of them at most: nobody could say which of two is meant. */
function readNamedHeaders(
  rawHeaders: readonly string[],
  tokenHeaders: readonly string[],
): Credentials | undefined {
  const seen = new Set<string>();
  let sent: Credentials | undefined;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase();
    if (!tokenHeaders.includes(name)) continue;
    if (seen.has(name)) throw malformed(`the header ${name} was sent more than once`);
    seen.add(name);
    const carried = readNamedHeader(name, rawHeaders[index + 1] ?? '');
    if (carried === undefined) continue;
    if (sent !== undefined) throw malformed('more than one header carries a token');
    sent = carried;
  }
  return sent;
}

/** The token stands behind its scheme or, but in `Authorization`, alone. */
function readNamedHeader(name: string, value: string): Credentials | undefined {
  if (name === 'authorization' || KNOWN_SCHEME.test(value)) return readAuthorization(value);
  return value === '' || OTHER_SCHEME.test(value) ? undefined : { scheme: 'Bearer', token: value };
}

/** @throws CountersignError `request_malformed` when what was sent cannot be one token. */
export function requireToken(sent: string): string {
  if (TOKEN.test(sent)) return sent;
  throw malformed('what was sent as the token is something else than one token');
}

/** All headers of all requests come by here, and most names are shorter or longer than these. */
function tokenHeader(name: string): CredentialHeader | undefined {
  if (name.length !== 'authorization'.length && name.length !== 'jwt'.length) return undefined;
  const lowerCase = name === 'Authorization' ? 'authorization' : name.toLowerCase();
  return lowerCase === 'authorization' || lowerCase === 'jwt' ? lowerCase : undefined;
}

function readAuthorization(value: string): Credentials | undefined {
  // As nearly everybody writes it; the rest is for the others.
  if (value.startsWith('Bearer ') && value[7] !== ' ') return { scheme: 'Bearer', token: value.slice(7) };
  if (!KNOWN_SCHEME.test(value)) return undefined;
  const before = BEFORE_TOKEN.exec(value)?.[0];
  const token = before === undefined ? '' : value.slice(before.length);
  return { scheme: /^dpop/i.test(value) ? 'DPoP' : 'Bearer', token };
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
