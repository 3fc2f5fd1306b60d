import {
  type AdapterFactory,
  type Configuration,
  errors,
  interactionPolicy,
  type KoaContextWithOIDC,
  Provider,
} from 'oidc-provider';
import { PAGE_HEADERS, renderRefusal } from './pages.js';
import type { PrivateJwk } from './signing-keys.js';
import { USERS } from './users.js';

/** What may be asked for in the name of a user. */
export const SCOPES = ['user:read', 'user:write', 'notification:send', 'notification:read'] as const;

export interface ProviderParts {
  readonly issuer: string;
  readonly audience: string;
  readonly store: AdapterFactory;
  /** The first one signs. */
  readonly keys: readonly PrivateJwk[];
  readonly cookieSecret: string;
  readonly accessTokenSeconds: number;
}

const DAY_SECONDS = 86_400;

/**
 * Makes the OpenID provider: authorization code with PKCE, client credentials, introspection and revocation. Its access
 * tokens are JWTs (RFC 9068) for one service (RFC 8707), and opaque for clients whose `access_token_format` says so.
 */
export function createProvider(parts: ProviderParts): Provider {
  const { audience, accessTokenSeconds } = parts;
  return new Provider(parts.issuer, {
    adapter: parts.store,
    jwks: { keys: parts.keys.map((key) => ({ ...key })) },
    cookies: { keys: [parts.cookieSecret] },
    clientDefaults: { id_token_signed_response_alg: 'ES256', grant_types: ['authorization_code'] },
    extraClientMetadata: { properties: ['access_token_format'] },
    clientAuthMethods: ['none', 'client_secret_basic', 'private_key_jwt'],
    responseTypes: ['code'],
    scopes: ['openid', ...SCOPES],
    claims: { openid: ['sub', 'name'] },
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    ttl: {
      AccessToken: accessTokenSeconds,
      ClientCredentials: accessTokenSeconds,
      AuthorizationCode: 60,
      IdToken: accessTokenSeconds,
      Interaction: 600,
      Grant: DAY_SECONDS,
      Session: DAY_SECONDS,
    },
    findAccount: (_context, id) => {
      const user = USERS.find((each) => each.id === id);
      return user && { accountId: id, claims: () => ({ sub: id, name: user.name }) };
    },
    // A session knows of no grant that a token could end with.
    expiresWithSession: () => false,
    loadExistingGrant: (context) => grantWhatIsAsked(context, audience),
    interactions: { policy: onlyLogin(), url: (_context, { uid }) => `/interaction/${uid}` },
    renderError: (context, { error, error_description }) => {
      context.set({ ...PAGE_HEADERS });
      context.body = renderRefusal(error, error_description ?? '');
    },
    // Clients publish their keys on this very machine, which the provider would not ask otherwise.
    fetch: (url, { headers, signal } = {}) => fetch(url, { headers: headers ?? {}, signal: signal ?? null }),
    features: features(parts),
  });
}

function features({ audience, accessTokenSeconds }: ProviderParts): NonNullable<Configuration['features']> {
  return {
    devInteractions: { enabled: false },
    rpInitiatedLogout: { enabled: false },
    clientCredentials: { enabled: true },
    revocation: {
      enabled: true,
      allowedPolicy: (_context, client, token) => token.clientId === client.clientId,
    },
    introspection: {
      enabled: true,
      // The service that tokens are for may ask about them all.
      allowedPolicy: (_context, client, token) =>
        client.clientId === 'gateway' || token.clientId === client.clientId,
    },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => audience,
      useGrantedResource: () => true,
      getResourceServerInfo: (_context, resource, client) => {
        if (resource !== audience) throw new errors.InvalidTarget();
        return {
          scope: SCOPES.join(' '),
          audience,
          accessTokenTTL: accessTokenSeconds,
          accessTokenFormat: client['access_token_format'] === 'opaque' ? 'opaque' : 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        };
      },
    },
  };
}

/** All clients are this system's own, so nobody is asked for consent. */
function onlyLogin() {
  const policy = interactionPolicy.base();
  policy.remove('consent');
  return policy;
}

/** In its place, for each login. */
async function grantWhatIsAsked({ oidc }: KoaContextWithOIDC, audience: string) {
  const { client, params, provider, session } = oidc;
  if (client === undefined || session?.accountId === undefined) return undefined;
  const asked = typeof params?.['scope'] === 'string' ? params['scope'].split(' ') : [];
  const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  grant.addOIDCScope(asked.filter((scope) => scope === 'openid').join(' '));
  grant.addResourceScope(audience, asked.filter((scope) => isScope(scope)).join(' '));
  await grant.save();
  return grant;
}

function isScope(scope: string): boolean {
  return SCOPES.some((each) => each === scope);
}
