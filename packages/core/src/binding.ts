import { createHash } from 'node:crypto';

/**
 * What a bound token says about its request, computed the same way by the caller and by the called service: `htu` is the URI,
 * `htm` the method, and `bdy` the hash of the body (`body-hash.ts`).
 */

/** Methods that change nothing (RFC 9110 section 9.2.1); all others must be bound to their body. */
const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Whether a request with this method may change something, and so needs a bound, single-use token. */
export function isWrite(method: string): boolean {
  return !SAFE_METHODS.has(method);
}

/**
 * The `htu` claim: path and query as they stand on the request line, under the audience of the called service.
 * Nothing is normalised: `//`, `%2F`, a trailing slash and the order of the query are part of what is signed.
 */
export function boundUri(audience: string, pathAndQuery: string): string {
  return (audience.endsWith('/') ? audience.slice(0, -1) : audience) + pathAndQuery;
}

/** What follows the dots of a segment, or comes before them: the ends of the path, and slashes, also escaped ones. */
const DOT_SEGMENT = /(?:^|\/|%2f)(?:\.|%2e){1,2}(?:\/|%2f|$)/i;
/** Backslashes, also escaped ones, the beginning of a fragment, and what no URI may hold (RFC 3986 section 2). */
const UNSAFE = /[^!-~]|[\\#]|%5c/i;

/**
 * Whether everybody between the signature and the handler reads the path of a request target alike. Dot segments and
 * backslashes are resolved by some and taken as they are by others (RFC 3986 section 6.2.2.3), so what was signed and what
 * is served could be two things: nothing may be bound to them. Nor to a target in another form than that of an origin
 * server (RFC 9112 section 3.2). `//`, `%2F`, `;` and all other escapes are read alike.
 */
export function hasOneReading(pathAndQuery: string): boolean {
  const [path = ''] = pathAndQuery.split('?', 1);
  return path.startsWith('/') && !UNSAFE.test(path) && !DOT_SEGMENT.test(path);
}

/** The header with the tokens that prove a delegation, newest first, separated by commas. */
export const DELEGATION_PROOF_HEADER = 'Delegation-Proof';

/** The `ath` claim: base64url of the SHA-256 of a token's text (RFC 9449 section 4.2). */
export function tokenHash(token: string): string {
  return createHash('sha256').update(token, 'latin1').digest('base64url');
}
