import { ClientSecretBasic, ClientSecretPost, type ClientAuth } from 'oauth4webapi';
import { type Clock } from '../clock.js';
import { type KeyStore } from '../signing-keys/key-store.js';
import { type OAuthClient } from './oauth-client.js';
import { privateKeyJwt } from './client-assertion.js';

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
