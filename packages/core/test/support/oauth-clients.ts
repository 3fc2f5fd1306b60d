import { systemClock, type Clock } from '../../src/clock.js';
import { createKeyStore } from '../../src/key-store/create-key-store.js';
import { type KeyStore } from '../../src/signing-keys/key-store.js';
import { type AuthorizationServerRecord } from '../../src/oauth/authorization-server.js';
import { createAuthorizer, type Authorizer } from '../../src/outbound/authorizer.js';
import { createSigningKey } from './signing-key.js';

export const HERALD = 'https://herald.service/';
export const CENSUS = 'https://census.service/';
/** Has every character that must be encoded in a Basic header or a form (RFC 6749 section 2.3.1). */
export const SECRET = 'a secret: 100% "odd" & long + more';

export const keyStore = await createKeyStore({ privateKeys: [(await createSigningKey()).privateJwk] });
export const ours = {
  client_secret_basic: {
    clientId: 'herald basic',
    clientAuthentication: 'client_secret_basic',
    clientSecret: SECRET,
  },
  client_secret_post: {
    clientId: 'herald-post',
    clientAuthentication: 'client_secret_post',
    clientSecret: SECRET,
  },
  private_key_jwt: { clientId: HERALD, clientAuthentication: 'private_key_jwt' },
} as const;

/** The clients as the provider knows them. */
export const registered = Object.values(ours).map((client) => ({
  client_id: client.clientId,
  token_endpoint_auth_method: client.clientAuthentication,
  grant_types: ['client_credentials'],
  redirect_uris: [],
  response_types: [],
  scope: 'user:read user:write',
  ...('clientSecret' in client
    ? { client_secret: client.clientSecret }
    : { token_endpoint_auth_signing_alg: 'ES256' as const, jwks: { keys: [...keyStore.publicKeys().keys] } }),
}));

export function heraldOf(
  server: AuthorizationServerRecord,
  scopes: readonly string[] = ['user:read'],
  keys: KeyStore = keyStore,
  audience = CENSUS,
  clock: Clock = systemClock,
): Authorizer {
  return createAuthorizer({
    service: HERALD,
    keyStore: keys,
    clock,
    destinations: [
      {
        name: 'census',
        url: 'http://127.0.0.1:4001/',
        audience,
        onBehalfOf: 'service',
        authorize: 'clientCredentials',
        scopes,
        authorizationServer: server,
      },
    ],
  });
}
