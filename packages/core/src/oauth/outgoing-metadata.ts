import { type AuthorizationServer as ServerMetadata } from 'oauth4webapi';
import { boundedRequest, readServerMetadata, type BoundedRequest } from './server-metadata.js';
import { readHttpsUri } from '../options.js';
import { type AuthorizationServer } from './authorization-server.js';

/**
 * Finds out where an authorization server issues tokens, by the metadata of its issuer.
 * @throws TypeError for a token endpoint that is not https, or on another host than this one http; the library's errors.
 */
export async function discoverServer(server: AuthorizationServer): Promise<ServerMetadata> {
  const { issuer, tokenEndpoint } = server;
  if (tokenEndpoint !== undefined) return { issuer, token_endpoint: tokenEndpoint };
  const metadata = await readServerMetadata(issuer, 'issuer', timeLimit(server));
  readHttpsUri(metadata.token_endpoint, 'token_endpoint', server.allowInsecureHttp);
  return metadata;
}

/** How every request to an authorization server is sent: bounded in time and size, following no redirect. */
export function requestOptions(server: AuthorizationServer): BoundedRequest {
  return boundedRequest(timeLimit(server));
}

function timeLimit({ timeoutMs }: AuthorizationServer): () => AbortSignal {
  return () => AbortSignal.timeout(timeoutMs);
}
