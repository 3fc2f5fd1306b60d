import { type Destination } from '../destination.js';
import { clientOf, toIssuedToken, targetOf } from './granted-token.js';
import { type TokenEndpoint } from '../../oauth/token-endpoint.js';
import { type TokenSource } from '../token-source.js';

export interface ClientCredentialsOptions {
  readonly service: string;
  readonly endpointOf: (destination: Destination) => TokenEndpoint;
}

/**
 * Has an authorization server issue tokens for this service itself (RFC 6749 section 4.4).
 * One token serves all calls with the same scopes until it is about to expire.
 */
export function clientCredentialsSource(options: ClientCredentialsOptions): TokenSource {
  return {
    offer({ destination }) {
      const { audience, scopes } = destination;
      return {
        cacheKey: JSON.stringify(['client_credentials', clientOf(destination), audience, scopes]),
        issue: async () => {
          const granted = await options.endpointOf(destination).grant('client_credentials', {
            ...(scopes.length > 0 && { scope: scopes.join(' ') }),
            ...targetOf(destination),
          });
          return toIssuedToken(granted, {
            destination,
            requestedScopes: scopes,
            subject: undefined,
            actors: [options.service],
            notAfter: Infinity,
          });
        },
      };
    },
  };
}
