import {
  OperationProcessingError,
  ResponseBodyError,
  UnsupportedOperationError,
  WWWAuthenticateChallengeError,
} from 'oauth4webapi';
import { CountersignError } from '../errors.js';
import { type AuthorizationServer } from './authorization-server.js';
import { memberOf } from '../lib/error-text.js';

/** An answer of a token endpoint that the library accepts and we do not. */
export function refusedAnswer(problem: string): CountersignError {
  return new CountersignError('token_unavailable', problem);
}

/**
 * The fault for a token that could not be had. The library's errors carry the response, the parser's quote it, and a
 * server may repeat a secret: so there is no `cause`, and of the words only those that are not the server's are kept.
 */
export function tokenUnavailable(server: AuthorizationServer, error: unknown): CountersignError {
  const message = `${new URL(server.issuer).host} gave no token: ${wordsOf(error)}`;
  return new CountersignError('token_unavailable', message, { retryAfterSeconds: 1 });
}

/** Error codes that a server may send (RFC 6749 section 5.2, RFC 8707 section 2); any other might be something else. */
const ERROR_CODES: ReadonlySet<string> = new Set([
  'invalid_request', 'invalid_client', 'invalid_grant', 'unauthorized_client', 'unsupported_grant_type', 'invalid_scope',
  'invalid_target', 'access_denied', 'server_error', 'temporarily_unavailable',
]); // prettier-ignore

/** What may be said of an error of the library or of the network. */
export function wordsOf(error: unknown): string {
  if (error instanceof ResponseBodyError) {
    const code = ERROR_CODES.has(error.error) ? error.error : 'an error code of its own';
    return `it answered ${String(error.status)}, ${code}`;
  }
  if (error instanceof WWWAuthenticateChallengeError)
    return `it answered ${String(error.status)} with a challenge: it does not accept our client authentication`;
  // These two say always the same words; what they are about stands in their `cause`.
  if (error instanceof OperationProcessingError || error instanceof UnsupportedOperationError)
    return error.message;
  if (error instanceof CountersignError) return error.message;
  if (memberOf(error, 'name') === 'TimeoutError') return 'it did not answer in time';
  // `fetch` says only that it failed; the system's word for it is in the cause.
  const code = memberOf(memberOf(error, 'cause'), 'code');
  return typeof code === 'string' && /^[A-Z0-9_]{1,40}$/.test(code)
    ? `it cannot be reached, ${code}`
    : 'it cannot be asked, or its answer cannot be read';
}
