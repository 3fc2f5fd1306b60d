import { randomUUID } from 'node:crypto';
import {
  ClientSecretBasic,
  ClientSecretPost,
  type AuthorizationServer as ServerMetadata,
  type ClientAuth,
} from 'oauth4webapi';
import { type Clock } from '../clock.js';
import { type KeyStore } from '../signing-keys/key-store.js';
import { type OAuthClient } from './oauth-client.js';
import { signWithOwnKey } from '../signing-keys/sign-token.js';

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const LIFETIME_SECONDS = 60;

/** How this service proves to an authorization server who it is. */
export function clientAuthentication(
  client: OAuthClient,
  keyStore: KeyStore | undefined,
  clock: Clock,
): ClientAuth {
  if (client.clientSecret !== undefined) {
    return client.clientAuthentication === 'client_secret_basic'
      ? ClientSecretBasic(client.clientSecret())
      : ClientSecretPost(client.clientSecret());
  }
  if (keyStore === undefined) throw new TypeError('private_key_jwt needs the key store of this service');
  return privateKeyJwt(client, keyStore, clock);
}

/**
 * Client authentication by `private_key_jwt` with this service's own key (RFC 7523 section 2.2).
 * As RFC 7523bis asks, `aud` is the server's issuer identifier as its sole value, and `typ` says what the token is for.
 */
function privateKeyJwt(server: OAuthClient, keyStore: KeyStore, clock: Clock): ClientAuth {
  return async (metadata, client, body) => {
    const now = Math.floor(clock.now());
    const claims = {
      iss: client.client_id,
      sub: client.client_id,
      aud: audienceOf(server, metadata),
      iat: now,
      exp: now + LIFETIME_SECONDS,
      jti: randomUUID(),
    };
    body.set('client_id', client.client_id);
    body.set('client_assertion_type', ASSERTION_TYPE);
    const { token } = await signWithOwnKey(claims, 'client-authentication+jwt', keyStore);
    body.set('client_assertion', token);
  };
}

function audienceOf(server: OAuthClient, metadata: ServerMetadata): string {
  const isLegacy = server.assertionAudience === 'tokenEndpointForLegacyServers';
  return (isLegacy ? metadata.token_endpoint : undefined) ?? metadata.issuer;
}
