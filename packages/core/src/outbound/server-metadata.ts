import {
  allowInsecureRequests,
  customFetch,
  discoveryRequest,
  processDiscoveryResponse,
  type AuthorizationServer as ServerMetadata,
  type CustomFetchOptions,
} from 'oauth4webapi';
import { readBounded } from '../keys/jwks-fetch.js';
import { readHttpsUri } from '../options.js';
import { type AuthorizationServer } from './authorization-server.js';

/** What an authorization server may answer at most; a token and its surroundings are far smaller. */
const MAX_ANSWER_BYTES = 262_144;

/** Statuses whose answers have no body, and cannot be built with one. */
const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

/**
 * Finds out where an authorization server issues tokens: RFC 8414 first, OpenID Connect Discovery for servers that know
 * only that. The metadata must name the issuer that was asked for (RFC 8414 section 3.3).
 * @throws TypeError for a token endpoint that is not https, or on another host than this one http; the library's errors.
 */
export async function discoverServer(server: AuthorizationServer): Promise<ServerMetadata> {
  const { issuer, tokenEndpoint } = server;
  if (tokenEndpoint !== undefined) return { issuer, token_endpoint: tokenEndpoint };
  const options = requestOptions(server);
  const identifier = new URL(issuer);
  let response = await discoveryRequest(identifier, { ...options, algorithm: 'oauth2' });
  if (response.status !== 200)
    response = await discoveryRequest(identifier, { ...options, algorithm: 'oidc' });
  const metadata = await processDiscoveryResponse(identifier, response);
  readHttpsUri(metadata.token_endpoint, 'token_endpoint', server.allowInsecureHttp);
  return metadata;
}

/** How every request to an authorization server is sent: bounded in time and size, following no redirect. */
export function requestOptions(server: AuthorizationServer) {
  return {
    signal: () => AbortSignal.timeout(server.timeoutMs),
    [customFetch]: fetchWhole,
    // The library would refuse http everywhere. Where it is accepted was decided by `readHttpsUri`.
    [allowInsecureRequests]: true,
  };
}

async function fetchWhole(
  url: string,
  { body, signal, ...init }: CustomFetchOptions<string, URLSearchParams | undefined>,
): Promise<Response> {
  const response = await fetch(url, { ...init, body: body ?? null, signal: signal ?? null });
  const { status, headers } = response;
  const text = await readBounded(response, MAX_ANSWER_BYTES);
  return new Response(WITHOUT_BODY.has(status) ? null : text, { status, headers });
}
