import {
  OAUTH_CLIENT_MEMBERS,
  readOAuthClient,
  type ClientAuthentication,
  type OAuthClient,
} from './oauth-client.js';
import { OptionsReader, readHttpsUri } from '../options.js';

/** The OAuth 2 authorization server that issues the tokens for a destination, and how this service authenticates to it. */
export interface AuthorizationServerRecord {
  /** Its issuer identifier, from which its metadata is found (RFC 8414, then OpenID Connect Discovery). */
  readonly issuer: string;
  /** The token endpoint, for a server without metadata. Default: from its metadata. */
  readonly tokenEndpoint?: string;
  readonly clientId: string;
  /** How this service authenticates. `private_key_jwt` signs with its own key and needs no secret. */
  readonly clientAuthentication: ClientAuthentication;
  /** For `client_secret_basic` and `client_secret_post`. */
  readonly clientSecret?: string;
  /**
   * The `aud` of the client assertion. `issuer` (default) is what RFC 7523bis asks for; `tokenEndpointForLegacyServers`
   * lets a server that knows this client's assertions play them against another one.
   */
  readonly assertionAudience?: 'issuer' | 'tokenEndpointForLegacyServers';
  /** How the wanted audience is named in the request. Default `resource` (RFC 8707). */
  readonly targetParameter?: 'resource' | 'audience';
  /**
   * What the caller's token is called when it is exchanged (RFC 8693 section 3). Default: `access_token` for a token that
   * this server issued itself and for an opaque one, `jwt` for any other.
   */
  readonly subjectTokenType?: 'access_token' | 'jwt';
  /** Longest wait for each of its answers. Default 10,000. */
  readonly timeoutMs?: number;
}

/** An authorization server with its defaults filled in. */
export interface AuthorizationServer extends OAuthClient {
  /** As it was written: identifiers are compared as they are. */
  readonly issuer: string;
  readonly tokenEndpoint: string | undefined;
  readonly targetParameter: 'resource' | 'audience';
  /** Undefined where each token says itself what it is. */
  readonly subjectTokenType: 'access_token' | 'jwt' | undefined;
  readonly timeoutMs: number;
  readonly allowInsecureHttp: boolean;
}

const MEMBERS = [
  'issuer', 'tokenEndpoint', ...OAUTH_CLIENT_MEMBERS, 'targetParameter', 'subjectTokenType', 'timeoutMs',
] as const; // prettier-ignore

/** @throws TypeError naming the member; never its value, which may be the secret. */
export function readAuthorizationServer(
  value: unknown,
  path: string,
  allowInsecureHttp: boolean,
): AuthorizationServer {
  const record = new OptionsReader(value, path, MEMBERS);
  const readUri = (name: 'issuer' | 'tokenEndpoint'): string => {
    readHttpsUri(record.raw(name), record.at(name), allowInsecureHttp);
    return record.string(name);
  };
  return Object.freeze({
    issuer: readUri('issuer'),
    tokenEndpoint: record.has('tokenEndpoint') ? readUri('tokenEndpoint') : undefined,
    ...readOAuthClient(record),
    targetParameter: record.oneOf('targetParameter', ['resource', 'audience'], 'resource'),
    subjectTokenType: record.has('subjectTokenType')
      ? record.oneOf('subjectTokenType', ['access_token', 'jwt'])
      : undefined,
    timeoutMs: record.number('timeoutMs', { fallback: 10_000, min: 1, max: 60_000 }),
    allowInsecureHttp,
  });
}
