import { invalidOption, OptionsReader, readHttpsUri } from '../options.js';

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
  /** Longest wait for each of its answers. Default 10,000. */
  readonly timeoutMs?: number;
}

export type ClientAuthentication = 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt';

/** An authorization server with its defaults filled in. */
export interface AuthorizationServer {
  /** As it was written: identifiers are compared as they are. */
  readonly issuer: string;
  readonly tokenEndpoint: string | undefined;
  readonly clientId: string;
  readonly clientAuthentication: ClientAuthentication;
  /** A function, so that nothing that prints a destination prints the secret. */
  readonly clientSecret: (() => string) | undefined;
  readonly assertionAudience: 'issuer' | 'tokenEndpointForLegacyServers';
  readonly targetParameter: 'resource' | 'audience';
  readonly timeoutMs: number;
  readonly allowInsecureHttp: boolean;
}

/** The characters of client identifiers and secrets (RFC 6749 appendices A.1 and A.2). */
const PRINTABLE = /^[\x20-\x7e]+$/;

const MEMBERS = [
  'issuer', 'tokenEndpoint', 'clientId', 'clientAuthentication', 'clientSecret', 'assertionAudience', 'targetParameter',
  'timeoutMs',
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
  const clientAuthentication = record.oneOf('clientAuthentication', [
    'client_secret_basic',
    'client_secret_post',
    'private_key_jwt',
  ]);
  const readPrintable = (name: 'clientId' | 'clientSecret'): string => {
    const value = record.string(name);
    if (!PRINTABLE.test(value)) throw invalidOption(record.at(name), 'must be printable ASCII');
    return value;
  };
  const clientSecret = record.has('clientSecret') ? readPrintable('clientSecret') : undefined;
  if ((clientSecret === undefined) !== (clientAuthentication === 'private_key_jwt')) {
    const problem = clientSecret === undefined ? 'is needed' : 'is not for private_key_jwt';
    throw invalidOption(record.at('clientSecret'), problem);
  }
  return {
    issuer: readUri('issuer'),
    tokenEndpoint: record.has('tokenEndpoint') ? readUri('tokenEndpoint') : undefined,
    clientId: readPrintable('clientId'),
    clientAuthentication,
    clientSecret: clientSecret === undefined ? undefined : () => clientSecret,
    assertionAudience: record.oneOf(
      'assertionAudience',
      ['issuer', 'tokenEndpointForLegacyServers'],
      'issuer',
    ),
    targetParameter: record.oneOf('targetParameter', ['resource', 'audience'], 'resource'),
    timeoutMs: record.number('timeoutMs', { unless: 10_000, min: 1, max: 60_000 }),
    allowInsecureHttp,
  };
}
