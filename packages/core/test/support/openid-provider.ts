import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { createLocalJWKSet, decodeJwt, jwtVerify, SignJWT, type JWTPayload } from 'jose';
import {
  errors,
  Provider,
  type Adapter,
  type AdapterPayload,
  type ClientMetadata,
  type KoaContextWithOIDC,
  type ResourceServer,
  type TokenEndpointGrantContext,
} from 'oidc-provider';
import { type PublicJwk } from '../../src/crypto/jwk.js';
import { createSigningKey } from './signing-key.js';

export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';

/** Gives a client the token that it would have after a login of the user in `account`, without the pages between. */
export const LOGGED_IN = 'urn:example:grant-type:logged-in';

/** A token request as it reached the provider. */
export interface TokenRequestSeen {
  readonly authorization: string | undefined;
  readonly parameters: URLSearchParams;
}

/** A certified OpenID provider on a free port, and what was sent to its token endpoint. */
export interface TestProvider {
  readonly issuer: string;
  readonly tokenRequests: TokenRequestSeen[];
  /** The paths that were asked for, in order. */
  readonly paths: string[];
  /** How the provider judged the client assertions that it received: header and claims. */
  readonly assertions: { readonly header: object; readonly claims: JWTPayload }[];
  /** Registers one more client. */
  register(client: ClientMetadata): void;
  close(): Promise<void>;
}

export interface TestProviderOptions {
  readonly clients?: readonly ClientMetadata[];
  /** Services whose tokens may be exchanged, by issuer, and the public keys of each. */
  readonly services?: ReadonlyMap<string, { readonly keys: readonly PublicJwk[] }>;
  /** Which kind of metadata it has. Default both. */
  readonly metadata?: 'oauth2' | 'openid';
  /** Answers 200 with its page where it has no metadata. Default: 404. */
  readonly hasPageForAll?: boolean;
  /** Default 600. */
  readonly lifetimeSeconds?: number;
  /** What it signs its access tokens by. Default ES256. */
  readonly algorithm?: 'ES256' | 'RS256';
  /** Its access tokens are opaque: it tells about them, and revokes them (RFC 7662, RFC 7009). Default: they are JWTs. */
  readonly opaqueTokens?: boolean;
  /** Where one that was stopped comes back. Default: any free port. */
  readonly port?: number;
}

export async function startProvider(options: TestProviderOptions): Promise<TestProvider> {
  const clients = [...(options.clients ?? [])];
  const tokenRequests: TokenRequestSeen[] = [];
  const paths: string[] = [];
  const assertions: { header: object; claims: JWTPayload }[] = [];
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  const key = await createSigningKey();
  const { algorithm = 'ES256' } = options;
  const accessTokenKey = algorithm === 'ES256' ? key : await createSigningKey(algorithm);
  const signingKeys = new Map([
    ['ES256', key],
    [algorithm, accessTokenKey],
  ]);
  const apiOf = (resource: string): ResourceServer => ({
    scope: 'user:read user:write',
    audience: resource,
    accessTokenFormat: options.opaqueTokens === true ? 'opaque' : 'jwt',
    accessTokenTTL: options.lifetimeSeconds ?? 600,
    jwt: { sign: { alg: algorithm } },
  });
  const provider = new Provider(issuer, {
    adapter: storeFor(clients),
    jwks: {
      keys: [...signingKeys].map(([alg, { privateJwk, kid }]) => ({ ...privateJwk, kid, alg, use: 'sig' })),
    },
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    scopes: ['user:read', 'user:write'],
    ttl: { ClientCredentials: options.lifetimeSeconds ?? 600 },
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
    assertJwtClientAuthClaimsAndHeader: (_context, claims, header) => {
      assertions.push({ header, claims });
      // What RFC 7523bis asks of servers, which this one does not insist on by itself.
      if (claims['aud'] !== issuer) throw new errors.InvalidClientAuth('aud must be the issuer alone');
      if (header['typ'] !== 'client-authentication+jwt') throw new errors.InvalidClientAuth('typ is wrong');
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      dPoP: { enabled: true },
      introspection: { enabled: options.opaqueTokens === true },
      revocation: { enabled: options.opaqueTokens === true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context, resource) => apiOf(resource),
      },
    },
  });

  const exchange = async (context: TokenEndpointGrantContext): Promise<void> => {
    const parameters = context.oidc.params as unknown as Readonly<Record<string, string>>;
    const subject = await claimsOf(parameters['subject_token']!, context.oidc.client.clientId);
    const actor = await claimsOf(parameters['actor_token']!, issuer);
    if (actor.iss !== context.oidc.client.clientId) throw new errors.InvalidGrant('the actor is another');
    const scopes = (parameters['scope'] ?? '').split(' ');
    const had = typeof subject['scope'] === 'string' ? subject['scope'].split(' ') : [];
    const scope = scopes.filter((each) => had.includes(each)).join(' ');
    const act = { sub: actor.iss, ...(subject['act'] !== undefined && { act: subject['act'] }) };
    const claims = { sub: subject.sub!, aud: parameters['resource']!, scope, act, client_id: actor.iss };
    context.body = {
      access_token: await new SignJWT(claims)
        .setProtectedHeader({ alg: 'ES256', kid: key.kid, typ: 'at+jwt' })
        .setIssuer(issuer)
        .setJti(crypto.randomUUID())
        .setIssuedAt()
        .setExpirationTime(`${String(options.lifetimeSeconds ?? 600)}s`)
        .sign(key.privateKey),
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      token_type: 'Bearer',
      expires_in: options.lifetimeSeconds ?? 600,
      scope,
    };
  };
  async function claimsOf(token: string, audience: string): Promise<JWTPayload> {
    const keys = options.services?.get(decodeJwt(token).iss ?? '')?.keys ?? [];
    try {
      const expected = { audience, algorithms: ['ES256'], typ: 'svc+jwt' };
      return (await jwtVerify(token, createLocalJWKSet({ keys: [...keys] }), expected)).payload;
    } catch {
      throw new errors.InvalidGrant('a token is not good');
    }
  }
  provider.registerGrantType(TOKEN_EXCHANGE, exchange, [
    'subject_token',
    'subject_token_type',
    'actor_token',
    'actor_token_type',
    'requested_token_type',
    'resource',
    'audience',
    'scope',
  ]);

  const loggedIn = async (context: TokenEndpointGrantContext): Promise<void> => {
    const parameters = context.oidc.params as unknown as Readonly<Record<string, string>>;
    const { client } = context.oidc;
    const accessToken = new provider.AccessToken({
      client,
      accountId: parameters['account']!,
      scope: parameters['scope']!,
      gty: LOGGED_IN,
      grantId: crypto.randomUUID(),
    });
    const api = new provider.ResourceServer(parameters['resource']!, apiOf(parameters['resource']!));
    accessToken.resourceServer = api;
    context.body = {
      access_token: await accessToken.save(),
      token_type: 'Bearer',
      expires_in: accessToken.expiration,
    };
  };
  provider.registerGrantType(LOGGED_IN, loggedIn, ['account', 'resource', 'scope']);

  provider.use(async (context, next) => {
    await next();
    if (context.path !== '/token') return;
    const { oidc } = context as unknown as KoaContextWithOIDC;
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(oidc.body ?? {})) parameters.append(name, String(value));
    tokenRequests.push({ authorization: context.get('authorization') || undefined, parameters });
  });
  const answer = provider.callback();
  server.on('request', (request, response) => {
    paths.push(request.url ?? '');
    const isHidden =
      (options.metadata === 'openid' && request.url?.includes('oauth-authorization-server') === true) ||
      (options.metadata === 'oauth2' && request.url?.includes('openid-configuration') === true);
    if (isHidden) response.writeHead(options.hasPageForAll === true ? 200 : 404).end('<html>welcome</html>');
    else void answer(request, response);
  });
  return {
    issuer,
    tokenRequests,
    paths,
    assertions,
    register: (client) => void clients.push(client),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/**
 * The storage of a provider. Its own would do, but copies clients by `structuredClone`, and in Jest the copy's objects are
 * not this context's: the provider takes a key set for none.
 */
function storeFor(clients: readonly ClientMetadata[]): (model: string) => Adapter {
  return (model) => {
    const entries = new Map<string, AdapterPayload>();
    const nothing = (): Promise<undefined> => Promise.resolve(undefined);
    return {
      async find(id) {
        const client = model === 'Client' && clients.find(({ client_id }) => client_id === id);
        return client ? { ...client } : entries.get(id);
      },
      upsert: async (id, payload) => void entries.set(id, payload),
      destroy: async (id) => void entries.delete(id),
      findByUid: nothing,
      findByUserCode: nothing,
      consume: nothing,
      revokeByGrantId: nothing,
    };
  };
}
