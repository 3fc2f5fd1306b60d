import { type OptionsReader, invalidOption, OptionsReader as Reader, readHttpsUri } from '../options.js';

/** The OAuth 2 authorization server that issues the tokens for a destination, and how we prove to it who we are. */
export interface AuthorizationServerRecord {
  /** Its issuer identifier. Its metadata is looked up from it (RFC 8414, then OpenID Connect Discovery). */
  readonly issuer: string;
  /** Where tokens are to be had, for a server without metadata. Default: from its metadata. */
  readonly tokenEndpoint?: string;
  readonly clientId: string;
  /** `private_key_jwt` signs with this service's own key and needs no secret. */
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
}

export type ClientAuthentication = 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt';

/** An authorization server with its defaults filled in. */
export interface AuthorizationServer {
  readonly issuer: URL;
  readonly tokenEndpoint: URL | undefined;
  readonly clientId: string;
  readonly clientAuthentication: ClientAuthentication;
  readonly clientSecret: string | undefined;
  readonly assertionAudience: 'issuer' | 'tokenEndpointForLegacyServers';
  readonly targetParameter: 'resource' | 'audience';
  readonly allowInsecureHttp: boolean;
}

const MEMBERS = [
  'issuer', 'tokenEndpoint', 'clientId', 'clientAuthentication', 'clientSecret', 'assertionAudience', 'targetParameter',
] as const; // prettier-ignore

/** @throws TypeError naming the member; never its value, which may be the secret. */
export function readAuthorizationServer(
  value: unknown,
  path: string,
  allowInsecureHttp: boolean,
): AuthorizationServer {
  const record: OptionsReader = new Reader(value, path, MEMBERS);
  const clientAuthentication = record.oneOf('clientAuthentication', [
    'client_secret_basic',
    'client_secret_post',
    'private_key_jwt',
  ]);
  const clientSecret = record.has('clientSecret') ? record.string('clientSecret') : undefined;
  if ((clientSecret === undefined) !== (clientAuthentication === 'private_key_jwt')) {
    const problem = clientSecret === undefined ? 'is needed' : 'is not for private_key_jwt';
    throw invalidOption(record.at('clientSecret'), problem);
  }
  return {
    issuer: readHttpsUri(record.raw('issuer'), record.at('issuer'), allowInsecureHttp),
    tokenEndpoint: record.has('tokenEndpoint')
      ? readHttpsUri(record.raw('tokenEndpoint'), record.at('tokenEndpoint'), allowInsecureHttp)
      : undefined,
    clientId: record.string('clientId'),
    clientAuthentication,
    clientSecret,
    assertionAudience: record.oneOf(
      'assertionAudience',
      ['issuer', 'tokenEndpointForLegacyServers'],
      'issuer',
    ),
    targetParameter: record.oneOf('targetParameter', ['resource', 'audience'], 'resource'),
    allowInsecureHttp,
  };
}
