import { CountersignError } from '../errors.js';
import { requireUser } from './caller-context.js';
import { type IssuedToken, type TokenRequest, type TokenSource } from './token-source.js';

/**
 * Hands on the caller's own token, only when its audience names the destination already.
 * A service token is for one service, so it can never be handed on: mint one instead.
 */
export const propagateSource: TokenSource = {
  offer(request) {
    const issued = propagate(request);
    return { cacheKey: undefined, issue: () => Promise.resolve(issued) };
  },
};

/** @throws CountersignError `propagation_not_allowed`, `user_context_missing`. */
function propagate(request: TokenRequest): IssuedToken {
  const authentication =
    request.destination.onBehalfOf === 'user' ? requireUser(request) : request.authentication;
  const { destination } = request;
  if (authentication?.audiences.includes(destination.audience) !== true) {
    const problem = `the caller's token is not meant for ${destination.name}; use authorize: "mint"`;
    throw new CountersignError('propagation_not_allowed', problem);
  }
  const { principal, token, keyId, bound } = authentication;
  return {
    token,
    claims: {
      issuer: principal.caller.issuer,
      audience: destination.audience,
      subject: principal.subject,
      scopes: [...principal.scopes],
      actors: principal.actors,
      transactionId: principal.transactionId,
      tokenId: principal.tokenId,
      keyId,
      issuedAt: undefined,
      expiresAt: principal.expiresAt,
      bound,
    },
  };
}
