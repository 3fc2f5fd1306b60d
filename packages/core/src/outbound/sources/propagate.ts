import { type Clock } from '../../clock.js';
import { CountersignError } from '../../errors.js';
import { type Authentication } from '../../principal.js';
import { refuseExpired, requireUser } from '../on-behalf-of.js';
import { type IssuedToken, type TokenRequest, type TokenSource } from '../token-source.js';

/**
 * Hands on the caller's own token, only when its audience names the destination already.
 * A service token is for one service, so it can never be handed on: mint one instead.
 */
export function propagateSource({ clock }: { readonly clock: Clock }): TokenSource {
  return {
    offer(request) {
      const issued = propagate(request, clock.now());
      return { cacheKey: undefined, issue: () => Promise.resolve(issued) };
    },
  };
}

/** @throws CountersignError `propagation_not_allowed`, `user_context_missing`, `caller_token_expired`. */
function propagate(request: TokenRequest, now: number): IssuedToken {
  const { destination } = request;
  const authentication = destination.onBehalfOf === 'user' ? requireUser(request) : requireService(request);
  if (!authentication.audiences.includes(destination.audience)) {
    const problem = `the caller's token is not meant for ${destination.name}; use authorize: "mint"`;
    throw new CountersignError('propagation_not_allowed', problem);
  }
  const { principal, token, keyId, bound } = authentication;
  refuseExpired(authentication, now);
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

/** A user's token is not for calls that are declared to be a service's own. */
function requireService({ authentication, destination }: TokenRequest): Authentication {
  if (authentication?.principal.subjectKind === 'service') return authentication;
  const problem = `${destination.name} is called for a service, and no service asked`;
  throw new CountersignError('propagation_not_allowed', problem);
}
