import {
  OAUTH_CLIENT_MEMBERS,
  readOAuthClient,
  type ClientAuthentication,
  type OAuthClient,
} from '../oauth/oauth-client.js';
import { OptionsReader, readHttpsUri } from '../options.js';

/** How to ask an issuer about its opaque tokens (RFC 7662), and how this service authenticates to it. */
export interface IntrospectionRecord {
  /** The introspection endpoint. Default: `introspection_endpoint` of the issuer's metadata. */
  readonly endpoint?: string;
  readonly clientId: string;
  /** How this service authenticates. `private_key_jwt` signs with its own key and needs no secret. */
  readonly clientAuthentication: ClientAuthentication;
  /** For `client_secret_basic` and `client_secret_post`. */
  readonly clientSecret?: string;
  /** The `aud` of the client assertion, as for an authorization server. Default `issuer`. */
  readonly assertionAudience?: 'issuer' | 'tokenEndpointForLegacyServers';
  /** How long an answer is cached, in seconds, and so how long a revoked token still works. Default 10, at most 60; 0 asks every time. */
  readonly cacheSeconds?: number;
  /** The timeout of a request, in milliseconds. Default 5,000. */
  readonly timeoutMs?: number;
}

/** The same with its defaults filled in. */
export interface ResolvedIntrospection extends OAuthClient {
  readonly endpoint: string | undefined;
  readonly cacheSeconds: number;
  readonly timeoutMs: number;
  readonly allowInsecureHttp: boolean;
}

const MEMBERS = ['endpoint', ...OAUTH_CLIENT_MEMBERS, 'cacheSeconds', 'timeoutMs'] as const;

/** @throws TypeError naming the member; never its value, which may be the secret. */
export function readIntrospection(
  value: unknown,
  path: string,
  allowInsecureHttp: boolean,
): ResolvedIntrospection | undefined {
  if (value === undefined) return undefined;
  const record = new OptionsReader(value, path, MEMBERS);
  if (record.has('endpoint')) readHttpsUri(record.raw('endpoint'), record.at('endpoint'), allowInsecureHttp);
  return {
    endpoint: record.has('endpoint') ? record.string('endpoint') : undefined,
    ...readOAuthClient(record),
    cacheSeconds: record.number('cacheSeconds', { fallback: 10, min: 0, max: 60 }),
    timeoutMs: record.number('timeoutMs', { fallback: 5000, min: 1, max: 30_000 }),
    allowInsecureHttp,
  };
}
