import {
  allowInsecureRequests,
  ClientSecretBasic,
  ClientSecretPost,
  discoveryRequest,
  genericTokenEndpointRequest,
  processDiscoveryResponse,
  processGenericTokenEndpointResponse,
  ResponseBodyError,
  type AuthorizationServer as ServerMetadata,
  type ClientAuth,
} from 'oauth4webapi';
import { type Clock } from '../clock.js';
import { CountersignError } from '../errors.js';
import { type KeyStore } from '../keys/key-store.js';
import { type AuthorizationServer } from './authorization-server.js';
import { privateKeyJwt } from './client-assertion.js';

/** What a token endpoint answered. */
export interface GrantedToken {
  /** Never log it. */
  readonly token: string;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
  /** The scopes that were granted, when the server says so. */
  readonly scopes: readonly string[] | undefined;
}

/** The token endpoint of one authorization server. */
export interface TokenEndpoint {
  /** @throws CountersignError `token_unavailable`, for whatever reason. */
  grant(grantType: string, parameters: Readonly<Record<string, string>>): Promise<GrantedToken>;
}

export interface TokenEndpointOptions {
  readonly server: AuthorizationServer;
  readonly keyStore: KeyStore;
  readonly clock: Clock;
}

/** RFC 6749 section 5.1 leaves `expires_in` out at will; then this is how long the token is used. */
const DEFAULT_LIFETIME_SECONDS = 300;
const TIMEOUT_MS = 10_000;

/**
 * Makes the token endpoint of an authorization server, by oauth4webapi. The server's metadata is looked up when the
 * first token is needed, and kept; a failure is not kept.
 */
export function createTokenEndpoint(options: TokenEndpointOptions): TokenEndpoint {
  const { server, keyStore, clock } = options;
  const authentication = clientAuthentication(server, keyStore, clock);
  const client = { client_id: server.clientId };
  let metadata: Promise<ServerMetadata> | undefined;

  function serverMetadata(): Promise<ServerMetadata> {
    metadata ??= discover(server).catch((error: unknown) => {
      metadata = undefined;
      throw error;
    });
    return metadata;
  }

  return {
    async grant(grantType, parameters) {
      try {
        const known = await serverMetadata();
        const response = await genericTokenEndpointRequest(
          known,
          client,
          authentication,
          grantType,
          { ...parameters },
          requestOptions(server),
        );
        await refuseTextualLifetime(response);
        const granted = await processGenericTokenEndpointResponse(known, client, response);
        if (granted.token_type !== 'bearer') throw new TypeError('the token is no bearer token');
        const lifetime = granted.expires_in ?? DEFAULT_LIFETIME_SECONDS;
        if (!(lifetime > 0)) throw new TypeError('expires_in must be positive');
        return {
          token: granted.access_token,
          expiresAt: clock.now() + lifetime,
          scopes: granted.scope?.split(' ').filter((scope) => scope !== ''),
        };
      } catch (error) {
        throw unavailable(server, error);
      }
    },
  };
}

function clientAuthentication(server: AuthorizationServer, keyStore: KeyStore, clock: Clock): ClientAuth {
  if (server.clientSecret === undefined) return privateKeyJwt(server, keyStore, clock);
  return server.clientAuthentication === 'client_secret_basic'
    ? ClientSecretBasic(server.clientSecret)
    : ClientSecretPost(server.clientSecret);
}

/** RFC 8414 first; OpenID Connect Discovery for servers that know only that. Both insist on the exact issuer. */
async function discover(server: AuthorizationServer): Promise<ServerMetadata> {
  if (server.tokenEndpoint !== undefined) {
    return { issuer: server.issuer.href, token_endpoint: server.tokenEndpoint.href };
  }
  const options = requestOptions(server);
  const response = await discoveryRequest(server.issuer, { ...options, algorithm: 'oauth2' });
  if (response.status === 200) return processDiscoveryResponse(server.issuer, response);
  await response.body?.cancel();
  return processDiscoveryResponse(
    server.issuer,
    await discoveryRequest(server.issuer, { ...options, algorithm: 'oidc' }),
  );
}

function requestOptions(server: AuthorizationServer) {
  return {
    signal: AbortSignal.timeout(TIMEOUT_MS),
    [allowInsecureRequests]: server.issuer.protocol === 'http:',
  };
}

/** The library reads `"300"` as 300; RFC 6749 section 5.1 wants a number, and what else is wrong then is unknown. */
async function refuseTextualLifetime(response: Response): Promise<void> {
  if (!response.ok) return;
  const body: unknown = await response.clone().json();
  if (
    typeof body === 'object' &&
    body !== null &&
    'expires_in' in body &&
    typeof body.expires_in !== 'number'
  ) {
    throw new TypeError('expires_in must be a number');
  }
}

/** The library's errors carry the response, and so perhaps a token: only their words are kept. */
function unavailable(server: AuthorizationServer, error: unknown): CountersignError {
  const words =
    error instanceof ResponseBodyError
      ? error.error
      : error instanceof Error
        ? error.message
        : 'unknown error';
  const message = `${server.issuer.host} gave no token: ${words.replaceAll(/[^\x20-\x7e]/g, '').slice(0, 200)}`;
  return new CountersignError('token_unavailable', message, { retryAfterSeconds: 1 });
}
