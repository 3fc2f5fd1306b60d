import { CountersignError } from '../../errors.js';
import { type Destination } from '../destination.js';
import { type GrantedToken } from '../../oauth/token-endpoint.js';
import { type IssuedToken } from '../token-source.js';

export interface GrantContext {
  readonly destination: Destination;
  readonly requestedScopes: readonly string[];
  readonly subject: string | undefined;
  readonly actors: readonly string[];
  /** Seconds since the epoch: the token is not used after it. */
  readonly notAfter: number;
}

/**
 * Turns what a token endpoint granted into a token that may be sent. The token itself is not looked into.
 * @throws CountersignError `token_unavailable` when it carries a scope that was not asked for.
 */
export function toIssuedToken(granted: GrantedToken, context: GrantContext): IssuedToken {
  const { destination, requestedScopes, subject, actors, notAfter } = context;
  const scopes = granted.scopes ?? requestedScopes;
  if (!scopes.every((scope) => requestedScopes.includes(scope))) {
    const problem = `the token for ${destination.name} carries a scope that was not asked for`;
    throw new CountersignError('token_unavailable', problem, { retryAfterSeconds: 1 });
  }
  return {
    token: granted.token,
    claims: {
      issuer: destination.authorizationServer?.issuer ?? destination.audience,
      audience: destination.audience,
      subject,
      scopes,
      actors,
      transactionId: undefined,
      tokenId: undefined,
      keyId: undefined,
      issuedAt: granted.issuedAt,
      expiresAt: Math.min(granted.expiresAt, notAfter),
      bound: false,
    },
  };
}

/** Names the wanted audience, as `resource` (RFC 8707 section 2) or as the older `audience`. */
export function targetOf({ audience, authorizationServer }: Destination): Readonly<Record<string, string>> {
  return { [authorizationServer?.targetParameter ?? 'resource']: audience };
}

/** Who asks whom: a cache that several services share must not hand one's token to another. */
export function clientOf({ authorizationServer }: Destination): readonly (string | undefined)[] {
  return [authorizationServer?.issuer, authorizationServer?.clientId];
}
