import { CountersignError } from '../errors.js';
import { type Authentication } from '../principal.js';
import { type TokenRequest } from './token-source.js';

/**
 * The user for whom a call is made. There is no fallback: a lost user never becomes a call as the service itself.
 * @throws CountersignError `user_context_missing`.
 */
export function requireUser(request: TokenRequest): Authentication {
  const { authentication, destination } = request;
  if (authentication === undefined) {
    const advice = 'call it while a request is served, or declare onBehalfOf: "service"';
    throw new CountersignError(
      'user_context_missing',
      `${destination.name} is called for a user, and there is none; ${advice}`,
    );
  }
  if (authentication.principal.subjectKind !== 'user') {
    throw new CountersignError(
      'user_context_missing',
      `${destination.name} is called for a user, but a service asked`,
    );
  }
  return authentication;
}
