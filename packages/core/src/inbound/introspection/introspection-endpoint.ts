import {
  introspectionRequest,
  processIntrospectionResponse,
  type AuthorizationServer as ServerMetadata,
} from 'oauth4webapi';
import { type Clock } from '../../clock.js';
import { CountersignError } from '../../errors.js';
import { type ResolvedIntrospection } from '../../trust/introspection-record.js';
import { type KeyStore } from '../../signing-keys/key-store.js';
import { refusePrivateHost } from '../../trust/private-host.js';
import { boundedRequest, readServerMetadata } from '../../oauth/server-metadata.js';
import { readHttpsUri } from '../../options.js';
import { missingKeys } from '../../signing-keys/missing-keys.js';
import { clientAuthentication } from '../../oauth/client-authentication.js';
import { wordsOf } from '../../oauth/oauth-failure.js';
import { type Claims } from '../../token.js';

/** Asks an issuer about one token. */
export interface IntrospectionEndpoint {
  /**
   * @returns what the issuer says about the token; undefined when it is not active.
   * @throws CountersignError `introspection_unavailable`, for whatever reason.
   */
  ask(token: string): Promise<Claims | undefined>;
}

export interface IntrospectionEndpointOptions {
  /** The `name` of the trust record, for messages: the issuer need not be an address. */
  readonly name: string;
  readonly issuer: string;
  /** Where the record stands, such as `trust[1].introspection`. */
  readonly path: string;
  readonly introspection: ResolvedIntrospection;
  readonly keyStore: KeyStore | undefined;
  readonly clock: Clock;
  readonly publicOnly: boolean;
}

/**
 * Makes the introspection endpoint of an issuer (RFC 7662 section 2), by oauth4webapi. The issuer's metadata is looked up
 * when the first token is asked about, and again after a failure.
 * @throws TypeError when the record asks for `private_key_jwt` and there is no key store, or for a private address.
 */
export function createIntrospectionEndpoint(options: IntrospectionEndpointOptions): IntrospectionEndpoint {
  const { name, issuer, path, introspection, keyStore, clock, publicOnly } = options;
  const { endpoint, clientId, timeoutMs, allowInsecureHttp } = introspection;
  if (introspection.clientSecret === undefined && keyStore === undefined)
    throw missingKeys(`${path}.clientAuthentication`, 'private_key_jwt');
  if (endpoint !== undefined) readEndpoint(endpoint);
  const authentication = clientAuthentication(introspection, keyStore, clock);
  const client = { client_id: clientId };
  let metadata: Promise<ServerMetadata> | undefined;

  function readEndpoint(value: unknown): void {
    const url = readHttpsUri(value, `${path}.endpoint`, allowInsecureHttp);
    if (publicOnly) refusePrivateHost(url, `${path}.endpoint`);
  }

  async function discover(signal: AbortSignal): Promise<ServerMetadata> {
    if (endpoint !== undefined) return { issuer, introspection_endpoint: endpoint };
    const found = await readServerMetadata(issuer, path, () => signal);
    readEndpoint(found.introspection_endpoint);
    return found;
  }

  return {
    async ask(token) {
      try {
        // One limit for all that it takes: a request waits for it.
        const signal = AbortSignal.timeout(timeoutMs);
        metadata ??= discover(signal);
        const server = await metadata;
        const how = {
          ...boundedRequest(() => signal),
          additionalParameters: { token_type_hint: 'access_token' },
        };
        const response = await introspectionRequest(server, client, authentication, token, how);
        if (response.headers.get('content-type')?.includes('jwt') === true)
          throw new CountersignError(
            'introspection_unavailable',
            'it answered with a JWT that nobody asked for',
          );
        const answer = await processIntrospectionResponse(server, client, response);
        return answer.active ? { ...answer } : undefined;
      } catch (error) {
        metadata = undefined;
        throw unavailable(name, wordsOf(error));
      }
    },
  };
}

/** The library's errors carry the answer, and with it what the issuer says of a user: none of it is kept. */
function unavailable(name: string, words: string): CountersignError {
  const message = `${name} did not say whether the token is good: ${words}`;
  return new CountersignError('introspection_unavailable', message, { retryAfterSeconds: 1 });
}
