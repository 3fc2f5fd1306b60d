import {
  genericTokenEndpointRequest,
  processGenericTokenEndpointResponse,
  type AuthorizationServer as ServerMetadata,
} from 'oauth4webapi';
import { type Clock } from '../clock.js';
import { readHttpsUri } from '../options.js';
import { type KeyStore } from '../signing-keys/key-store.js';
import { type AuthorizationServer } from './authorization-server.js';
import { clientAuthentication } from './client-authentication.js';
import { boundedRequest, readServerMetadata, type BoundedRequest } from './server-metadata.js';
import { refusedAnswer, tokenUnavailable } from './oauth-failure.js';

/** What a token endpoint answered. */
export interface GrantedToken {
  /** Never log it. */
  readonly token: string;
  /** Seconds since the epoch, before it was asked for: what is reckoned from it is too early rather than too late. */
  readonly issuedAt: number;
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

/** The characters of an access token (RFC 6749 appendix A.12): no other may get into a header. */
const ACCESS_TOKEN = /^[\x21-\x7e]+$/;

/**
 * Makes the token endpoint of an authorization server, by oauth4webapi. The server's metadata is looked up when the
 * first token is needed, and again after a failure.
 */
export function createTokenEndpoint(options: TokenEndpointOptions): TokenEndpoint {
  const { server, keyStore, clock } = options;
  const authentication = clientAuthentication(server, keyStore, clock);
  const client = { client_id: server.clientId };
  let metadata: Promise<ServerMetadata> | undefined;

  async function request(grantType: string, parameters: Readonly<Record<string, string>>): Promise<Response> {
    metadata ??= discoverServer(server);
    const sent = { ...parameters };
    const how = requestOptions(server);
    return genericTokenEndpointRequest(await metadata, client, authentication, grantType, sent, how);
  }

  async function read(response: Response, issuedAt: number): Promise<GrantedToken> {
    const answer = response.clone();
    const granted = await processGenericTokenEndpointResponse({ issuer: server.issuer }, client, response);
    if (granted.token_type !== 'bearer') throw refusedAnswer('the token is no bearer token');
    if (!ACCESS_TOKEN.test(granted.access_token))
      throw refusedAnswer('the token has a character that none has');
    if (await saysLifetimeInWords(answer)) throw refusedAnswer('expires_in must be a number');
    const lifetime = granted.expires_in ?? DEFAULT_LIFETIME_SECONDS;
    if (!(lifetime > 0)) throw refusedAnswer('expires_in must be positive');
    const scopes = granted.scope?.split(' ').filter((scope) => scope !== '');
    return { token: granted.access_token, issuedAt, expiresAt: issuedAt + lifetime, scopes };
  }

  return {
    async grant(grantType, parameters) {
      try {
        const issuedAt = clock.now();
        return await read(await request(grantType, parameters), issuedAt);
      } catch (error) {
        metadata = undefined;
        throw tokenUnavailable(server, error);
      }
    },
  };
}

/** The library reads `"300"` as 300; RFC 6749 section 5.1 wants a number, and what else is wrong then is unknown. */
async function saysLifetimeInWords(answer: Response): Promise<boolean> {
  const body: unknown = await answer.json();
  if (typeof body !== 'object' || body === null || !('expires_in' in body)) return false;
  return typeof body.expires_in !== 'number';
}

/**
 * Finds out where an authorization server issues tokens, by the metadata of its issuer.
 * @throws TypeError for a token endpoint that is not https, or on another host than this one http; the library's errors.
 */
async function discoverServer(server: AuthorizationServer): Promise<ServerMetadata> {
  const { issuer, tokenEndpoint } = server;
  if (tokenEndpoint !== undefined) return { issuer, token_endpoint: tokenEndpoint };
  const metadata = await readServerMetadata(issuer, 'issuer', timeLimit(server));
  readHttpsUri(metadata.token_endpoint, 'token_endpoint', server.allowInsecureHttp);
  return metadata;
}

/** How every request to an authorization server is sent: bounded in time and size, following no redirect. */
function requestOptions(server: AuthorizationServer): BoundedRequest {
  return boundedRequest(timeLimit(server));
}

function timeLimit({ timeoutMs }: AuthorizationServer): () => AbortSignal {
  return () => AbortSignal.timeout(timeoutMs);
}
