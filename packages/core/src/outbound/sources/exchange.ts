import { tokenHash } from '../../binding.js';
import { type Clock } from '../../clock.js';
import { CountersignError } from '../../errors.js';
import { type Authentication } from '../../principal.js';
import { hasThreeParts } from '../../token.js';
import { refuseExpired, requireUser } from '../on-behalf-of.js';
import { type Destination } from '../destination.js';
import { clientOf, toIssuedToken, targetOf } from './granted-token.js';
import { type TokenEndpoint } from '../../oauth/token-endpoint.js';
import { type IssuedToken, type TokenSource } from '../token-source.js';

export interface ExchangeOptions {
  readonly service: string;
  readonly clock: Clock;
  readonly endpointOf: (destination: Destination) => TokenEndpoint;
  /** A token that proves to the authorization server who is acting: this service. */
  readonly actorToken: (audience: string) => Promise<string>;
}

const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:token-exchange';
/** What tokens are called (RFC 8693 section 3). */
const TOKEN_TYPES = {
  access_token: 'urn:ietf:params:oauth:token-type:access_token',
  jwt: 'urn:ietf:params:oauth:token-type:jwt',
} as const;

/**
 * Has an authorization server exchange the caller's token for one that is meant for the destination (RFC 8693
 * section 2), with our own token as the actor's. It asks for the scopes that the caller's token has and the destination
 * wants, and the token is not used after the caller's has expired.
 */
export function exchangeSource(options: ExchangeOptions): TokenSource {
  return {
    offer(request) {
      const { destination } = request;
      const authentication = requireUser(request);
      const { principal, token } = authentication;
      const scopes = scopesFor(destination, authentication);
      const { audience } = destination;
      const { subject, actors } = principal;
      const key = ['exchange', clientOf(destination), audience, scopes, subject, actors, tokenHash(token)];
      return {
        cacheKey: JSON.stringify(key),
        issue: () => exchange(destination, authentication, scopes, options),
      };
    },
  };
}

/** @throws CountersignError `caller_token_expired`, `token_unavailable`. */
async function exchange(
  destination: Destination,
  authentication: Authentication,
  scopes: readonly string[],
  { service, clock, endpointOf, actorToken }: ExchangeOptions,
): Promise<IssuedToken> {
  const { principal, token } = authentication;
  refuseExpired(authentication, clock.now());
  const issuer = destination.authorizationServer?.issuer ?? destination.audience;
  const granted = await endpointOf(destination).grant(GRANT_TYPE, {
    subject_token: token,
    subject_token_type: TOKEN_TYPES[subjectTokenType(destination, authentication)],
    actor_token: await actorToken(issuer),
    actor_token_type: TOKEN_TYPES.jwt,
    requested_token_type: TOKEN_TYPES.access_token,
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    ...targetOf(destination),
  });
  return toIssuedToken(granted, {
    destination,
    requestedScopes: scopes,
    subject: principal.subject,
    actors: [service, ...principal.actors],
    notAfter: principal.expiresAt,
  });
}

/**
 * An `access_token` is one that the server which is asked has issued; a `jwt` is a JWT, whoever issued it. An opaque token
 * is no JWT: it is the access token of a server that this one must know.
 */
function subjectTokenType(
  { authorizationServer }: Destination,
  { principal, token }: Authentication,
): keyof typeof TOKEN_TYPES {
  const isOwn = principal.caller.issuer === authorizationServer?.issuer;
  const isOpaque = !hasThreeParts(token);
  return authorizationServer?.subjectTokenType ?? (isOwn || isOpaque ? 'access_token' : 'jwt');
}

/**
 * The scopes that the destination wants and the caller's token has. None of them is no request to make: an empty scope
 * counts as none given (RFC 6749 section 3.2), and the server would fill in its default, which may be more.
 * @throws CountersignError `scope_missing`.
 */
function scopesFor(destination: Destination, { principal }: Authentication): readonly string[] {
  const scopes = destination.scopes.filter((scope) => principal.scopes.has(scope));
  if (scopes.length > 0 || destination.scopes.length === 0) return scopes;
  const problem = `the caller's token has no scope that ${destination.name} is called with`;
  throw new CountersignError('scope_missing', problem, { requiredScopes: destination.scopes });
}
