import { invalidOption, type OptionsReader } from '../options.js';

/** How a client proves to an authorization server who it is (RFC 7591 section 2). */
export type ClientAuthentication = 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt';

/** This service as a client of an authorization server. */
export interface OAuthClient {
  readonly clientId: string;
  readonly clientAuthentication: ClientAuthentication;
  /** A function, so that nothing that prints a record prints the secret. */
  readonly clientSecret: (() => string) | undefined;
  /** The `aud` of client assertions. */
  readonly assertionAudience: 'issuer' | 'tokenEndpointForLegacyServers';
}

/** The members that make up a client, wherever they are written. */
export const OAUTH_CLIENT_MEMBERS = [
  'clientId',
  'clientAuthentication',
  'clientSecret',
  'assertionAudience',
] as const;

/** The characters of client identifiers and secrets (RFC 6749 appendices A.1 and A.2). */
const PRINTABLE = /^[\x20-\x7e]+$/;

/** @throws TypeError naming the member; never its value, which may be the secret. */
export function readOAuthClient(record: OptionsReader): OAuthClient {
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
    clientId: readPrintable('clientId'),
    clientAuthentication,
    clientSecret: clientSecret === undefined ? undefined : () => clientSecret,
    assertionAudience: record.oneOf(
      'assertionAudience',
      ['issuer', 'tokenEndpointForLegacyServers'],
      'issuer',
    ),
  };
}
