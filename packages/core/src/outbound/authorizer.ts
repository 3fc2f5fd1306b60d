import { randomUUID } from 'node:crypto';
import { systemClock, type Clock } from '../clock.js';
import { CountersignError } from '../errors.js';
import { type KeyStore } from '../signing-keys/key-store.js';
import { invalidOption, OptionsReader } from '../options.js';
import { type Authentication } from '../principal.js';
import { SERVICE_TOKEN_TYPE } from '../token.js';
import { type AuthorizationServer } from '../oauth/authorization-server.js';
import { cachedTokens } from './cache/cached-tokens.js';
import { withOnBehalfOf, withScopes, refuseOtherActor, requireUser } from './on-behalf-of.js';
import { clientCredentialsSource } from './sources/client-credentials.js';
import { proofHeader } from './sources/attach-proof.js';
import { type Destination, type DestinationRecord } from './destination.js';
import { createDestinations, refuseToSign } from './destinations.js';
import { exchangeSource } from './sources/exchange.js';
import { mintSource } from './sources/mint.js';
import { propagateSource } from './sources/propagate.js';
import { NO_KEYS } from '../signing-keys/missing-keys.js';
import { signWithOwnKey } from '../signing-keys/sign-token.js';
import { memoryTokenCache, type TokenCache } from './cache/token-cache.js';
import { createTokenEndpoint, type TokenEndpoint } from '../oauth/token-endpoint.js';
import { type IssuedToken, type OutboundCall, type TokenSource } from './token-source.js';

/** The options of `createAuthorizer`: who this service is, its keys, and the services that it calls. */
export interface AuthorizerOptions {
  /** The identifier of this service: the `iss` of the tokens that it mints. */
  readonly service: string;
  /** The services that this service calls. */
  readonly destinations: readonly DestinationRecord[];
  /** The keys of this service. Not needed if no destination requires a signature of this service. */
  readonly keyStore?: KeyStore;
  /** What to do with a call to an undeclared destination. Default `refuse`. */
  readonly undeclared?: 'refuse' | 'send-without-token';
  /** Where tokens for reads are cached. Default: in the memory of this process, 1,000 tokens. */
  readonly tokenCache?: TokenCache;
  /** The source of time. Default: the system clock. */
  readonly clock?: Clock;
  /** Insecure: accepts destinations over plain `http:` that are not on this machine. Default false. */
  readonly allowInsecureHttpForLocalDevelopment?: boolean;
  /** Called with each warning for an operator. Default: warnings are discarded. */
  readonly onWarning?: (message: string) => void;
}

/** An outgoing call that was authorized: the headers to send. */
export interface AuthorizedCall {
  /** Undefined for an undeclared destination with `undeclared: 'send-without-token'`. */
  readonly destination: Destination | undefined;
  /** The headers to add to the request. Empty if the destination takes no credentials. */
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly issued: IssuedToken | undefined;
}

/** The options of `Authorizer.authorize`: whom the call is for, and the scopes of its token. */
export interface AuthorizeOptions {
  /**
   * Waits for a new token after `tokenRefused`. If none is available, the old token is used again. Default false.
   */
  readonly renew?: boolean;
  /**
   * Whether the call is made for the user or for this service. Overrides the record of a destination that mints; must equal
   * the record of any other. Default: as the record says.
   */
  readonly onBehalfOf?: Destination['onBehalfOf'] | undefined;
  /** The exact scopes of the token. Default: the destination's scopes that the caller's token allows. */
  readonly scopes?: readonly string[] | undefined;
}

/** Authorizes outgoing calls: finds the declared destination of a URL and gets a token for it. Made by `createAuthorizer`. */
export interface Authorizer {
  /** The declared destinations, in the order of their records. */
  readonly destinations: readonly Destination[];
  /**
   * Returns the declared destination of a URL; undefined if none is declared and `undeclared` is `'send-without-token'`.
   * @throws CountersignError `destination_unknown`; also for a path that some servers would read as another destination's.
   */
  destinationOf(url: URL): Destination | undefined;
  /**
   * Returns the headers that authorize a call. Sends nothing. The adapter that sends the call must not follow redirects, and
   * must discard the application's headers for which `isTransportHeader` returns true.
   * @param authentication The authentication of the request being served, if any.
   * @throws CountersignError `destination_unknown`, `user_context_missing`, `propagation_not_allowed`,
   * `delegation_not_allowed` (the caller's token allows only another party to act), `caller_token_expired`, `scope_missing` (nothing to
   * exchange the caller's token for), `scope_escalation`, `token_unavailable`, `authorization_present` (credentials in the
   * URL), `target_not_bindable`, `config_invalid` (`onBehalfOf` or `scopes` contradicts the destination). Then nothing must be sent.
   */
  authorize(
    call: OutboundCall,
    authentication: Authentication | undefined,
    options?: AuthorizeOptions,
  ): Promise<AuthorizedCall>;
  /**
   * Discards the token of a call that was answered 401, so that later calls get a new one. If none is available, the old token
   * is used until it expires. Tokens of an authorization server are discarded at most once in 30 seconds, so that a service
   * that refuses every token does not cause a flood of token requests. Does not decide whether the call may be retried:
   * `retryableRefusal` does.
   * @returns Whether later calls get a new token.
   */
  tokenRefused(call: AuthorizedCall): boolean;
}

/** The value of the header that carries a token. */
const HEADER_VALUE: Readonly<Record<Destination['header'], (token: string) => string>> = {
  Authorization: (token) => `Bearer ${token}`,
  JWT: (token) => token,
};

/**
 * The sources that can issue another token after one was refused, and the seconds until they issue a further one. Signing is
 * cheap, so minting has no limit; an authorization server is asked less often. `propagate` would pass on the same token again.
 */
const REST_AFTER_REFUSAL: ReadonlyMap<Destination['authorize'], number> = new Map([
  ['mint', 0],
  ['clientCredentials', 30],
  ['exchange', 30],
]);

const OPTIONS = [
  'service', 'destinations', 'keyStore', 'undeclared', 'tokenCache', 'clock', 'allowInsecureHttpForLocalDevelopment',
  'onWarning',
] as const; // prettier-ignore

/**
 * Creates an authorizer, which finds the declared destination of a URL and gets a token for it. Makes no network request: tokens
 * of an authorization server are requested when they are first needed.
 *
 * @example
 * const authorizer = createAuthorizer({
 *   service: 'https://order.service/',
 *   keyStore: await createKeyStore({ directory: '/var/lib/order/keys' }),
 *   destinations: [{ name: 'census', url: 'https://census.service/', onBehalfOf: 'service', authorize: 'mint' }],
 * });
 *
 * @throws TypeError naming the option that is not valid, with the code `config_invalid`.
 */
export function createAuthorizer(options: AuthorizerOptions): Authorizer {
  const read = new OptionsReader(options, '', OPTIONS);
  const service = read.string('service');
  const { keyStore = NO_KEYS, clock = systemClock, onWarning = () => undefined } = options;
  if (!isKeyStore(keyStore))
    throw invalidOption('keyStore', 'must be a key store, as createKeyStore() resolves to');
  const undeclared = read.oneOf('undeclared', ['refuse', 'send-without-token'], 'refuse');
  const allowInsecureHttp = read.boolean('allowInsecureHttpForLocalDevelopment', false);
  const destinations = createDestinations(options.destinations, { service, allowInsecureHttp });
  if (keyStore === NO_KEYS) refuseToSign(destinations.all);
  const sources = tokenSources({ service, keyStore, clock });
  const cache = options.tokenCache ?? memoryTokenCache({ clock });
  const tokens = cachedTokens({ cache, clock, onWarning });

  function destinationOf(url: URL): Destination | undefined {
    const destination = destinations.of(url);
    if (destination === undefined && undeclared === 'refuse') {
      throw new CountersignError('destination_unknown', `no destination is declared for ${url.origin}`);
    }
    return destination;
  }

  return {
    destinations: destinations.all,
    destinationOf,

    tokenRefused({ destination, issued }) {
      const rest = destination && REST_AFTER_REFUSAL.get(destination.authorize);
      return rest !== undefined && issued !== undefined && tokens.refuse(issued, rest);
    },

    async authorize(call, authentication, { renew = false, onBehalfOf, scopes } = {}) {
      const called = withOnBehalfOf(onBehalfOf, destinationOf(call.url), call.url);
      const destination = withScopes(scopes, called, authentication);
      if (call.url.username !== '' || call.url.password !== '') {
        throw new CountersignError('authorization_present', 'the URL of the outgoing call holds credentials');
      }
      const credential = destination?.staticCredential;
      if (credential !== undefined) {
        const value = await credential.value(clock);
        return { destination, headers: [{ name: credential.header, value }], issued: undefined };
      }
      const source = destination === undefined ? undefined : sources[destination.authorize];
      if (destination !== undefined && onBehalfOf === 'user')
        requireUser({ call, destination, authentication });
      if (destination === undefined || source === undefined)
        return { destination, headers: [], issued: undefined };
      const request = { call, destination, authentication };
      const offer = source.offer(request);
      refuseOtherActor(request, service);
      const issued = await tokens.get(offer, destination.name, renew);
      const value = HEADER_VALUE[destination.header](issued.token);
      return { destination, headers: [{ name: destination.header, value }, ...proofHeader(request)], issued };
    },
  };
}

function isKeyStore(value: unknown): value is KeyStore {
  return typeof value === 'object' && value !== null && 'signer' in value;
}

function tokenSources({
  service,
  keyStore,
  clock,
}: {
  readonly service: string;
  readonly keyStore: KeyStore;
  readonly clock: Clock;
}): Readonly<Record<Destination['authorize'], TokenSource | undefined>> {
  // By what a record says once: a call that names scopes has a destination of its own.
  const endpoints = new Map<AuthorizationServer, TokenEndpoint>();
  const endpointOf = ({ name, authorizationServer: server }: Destination): TokenEndpoint => {
    if (server === undefined) throw new TypeError(`${name} has no authorization server`);
    const known = endpoints.get(server);
    if (known !== undefined) return known;
    const endpoint = createTokenEndpoint({ server, keyStore, clock });
    endpoints.set(server, endpoint);
    return endpoint;
  };
  const actorToken = async (audience: string): Promise<string> => {
    const iat = Math.floor(clock.now());
    const claims = { iss: service, sub: service, aud: audience, iat, exp: iat + 60, jti: randomUUID() };
    return (await signWithOwnKey(claims, SERVICE_TOKEN_TYPE, keyStore)).token;
  };
  return {
    none: undefined,
    staticCredential: undefined,
    propagate: propagateSource({ clock }),
    mint: mintSource({ service, keyStore, clock }),
    clientCredentials: clientCredentialsSource({ service, endpointOf }),
    exchange: exchangeSource({ service, clock, endpointOf, actorToken }),
  };
}
