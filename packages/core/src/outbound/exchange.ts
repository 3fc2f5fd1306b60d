import { createHash } from 'node:crypto';
import { type Clock } from '../clock.js';
import { type Destination } from './destination.js';
import { requireUser } from './caller-context.js';
import { issuedBy, targetOf } from './granted-token.js';
import { type TokenEndpoint } from './token-endpoint.js';
import { type TokenSource } from './token-source.js';

export interface ExchangeOptions {
  readonly service: string;
  readonly clock: Clock;
  readonly endpointOf: (destination: Destination) => TokenEndpoint;
  /** A token that proves to the authorization server who is acting: this service. */
  readonly actorToken: (audience: string) => Promise<string>;
}

const JWT_TYPE = 'urn:ietf:params:oauth:token-type:jwt';
const ACCESS_TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:access_token';

/**
 * Has an authorization server exchange the caller's token for one that is meant for the destination (RFC 8693
 * section 2), with our own token as the actor's. It asks for the scopes that the caller's token has and the destination
 * wants, and the token is not used after the caller's has expired.
 */
export function exchangeSource(options: ExchangeOptions): TokenSource {
  return {
    offer(request) {
      const { destination } = request;
      const { principal, token } = requireUser(request);
      const scopes = destination.scopes.filter((scope) => principal.scopes.has(scope));
      const subjectToken = createHash('sha256').update(token).digest('base64url');
      return {
        cacheKey: JSON.stringify([
          'exchange',
          destination.audience,
          scopes,
          principal.subject,
          principal.actors,
          subjectToken,
        ]),
        issue: async () => {
          const granted = await options
            .endpointOf(destination)
            .grant('urn:ietf:params:oauth:grant-type:token-exchange', {
              subject_token: token,
              subject_token_type: JWT_TYPE,
              actor_token: await options.actorToken(
                destination.authorizationServer?.issuer.href ?? destination.audience,
              ),
              actor_token_type: JWT_TYPE,
              requested_token_type: ACCESS_TOKEN_TYPE,
              scope: scopes.join(' '),
              ...targetOf(destination),
            });
          return issuedBy(granted, {
            destination,
            requestedScopes: scopes,
            subject: principal.subject,
            actors: [options.service, ...principal.actors],
            notAfter: principal.expiresAt,
            issuedAt: options.clock.now(),
          });
        },
      };
    },
  };
}
