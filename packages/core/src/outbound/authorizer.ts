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
  /** The identifier of this service: the issuer of what it mints. */
  readonly service: string;
  readonly destinations: readonly DestinationRecord[];
  /** Our own keys. May be left out where no destination needs a signature of this service. */
  readonly keyStore?: KeyStore;
  /** What happens to a call that no destination describes. Default `refuse`. */
  readonly undeclared?: 'refuse' | 'send-without-token';
  /** Default: in this process, 1,000 tokens. */
  readonly tokenCache?: TokenCache;
  readonly clock?: Clock;
  readonly allowInsecureHttpForLocalDevelopment?: boolean;
  /** Told what an operator should look at. Default: nothing is told. */
  readonly onWarning?: (message: string) => void;
}

/** What an adapter needs to send an authorized call. */
export interface AuthorizedCall {
  /** Undefined for a call that no destination describes, where those are let out. */
  readonly destination: Destination | undefined;
  /** To be added to the request; none when the destination wants neither a token nor a static credential. */
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly issued: IssuedToken | undefined;
}

/** What one call may say about its token. */
export interface AuthorizeOptions {
  /**
   * Waits for another token in place of one of which `tokenRefused` was told, also where other calls do not. It is the old
   * one again while none can be had. Default false.
   */
  readonly renew?: boolean;
  /**
   * For whom the call is made, whatever the record of a minting destination says; for any other it must agree with it.
   * Default: as the destination says.
   */
  readonly onBehalfOf?: Destination['onBehalfOf'] | undefined;
  /** The scopes that the token must carry: all of these, and no others. Default: as many of the destination's as may be. */
  readonly scopes?: readonly string[] | undefined;
}

/** Authorizes outgoing calls: picks the destination by the final URL, and its token source. */
export interface Authorizer {
  /** The declared destinations, in the order of their records. */
  readonly destinations: readonly Destination[];
  /**
   * The destination of a final URL; undefined when none is declared and such calls are let out.
   * @throws CountersignError `destination_unknown`; also for a path that servers may read as that of another destination.
   */
  destinationOf(url: URL): Destination | undefined;
  /**
   * The token, or the static credential, for one call. Sends nothing itself; the caller of this must not follow redirects
   * with it, nor send headers of the application's that `isTransportHeader` knows.
   * @param authentication the request that is being served, if any.
   * @throws CountersignError `destination_unknown`, `user_context_missing`, `propagation_not_allowed`,
   * `delegation_not_allowed` (the caller's token lets somebody else act), `caller_token_expired`, `scope_missing` (nothing to
   * exchange the caller's token for), `scope_escalation`, `token_unavailable`, `authorization_present` (credentials in the
   * URL), `target_not_bindable`, `config_invalid` (`onBehalfOf` or `scopes` contradicts the destination). Then nothing must be sent.
   */
  authorize(
    call: OutboundCall,
    authentication: Authentication | undefined,
    options?: AuthorizeOptions,
  ): Promise<AuthorizedCall>;
  /**
   * To be told when the called service answered 401: the token is left aside, and calls that follow get another one; while
   * none can be had, the old one as long as it holds. Of the tokens that an authorization server issues in each other's
   * place one in 30 seconds is left aside: a service that refuses whatever it gets must not become a flood of token
   * requests. Does not judge whether this call may be made again: `retryableRefusal` does.
   * @returns whether calls that follow ask for another token.
   */
  tokenRefused(call: AuthorizedCall): boolean;
}

/** How a token stands in the header that carries it. */
const HEADER_VALUE: Readonly<Record<Destination['header'], (token: string) => string>> = {
  Authorization: (token) => `Bearer ${token}`,
  JWT: (token) => token,
};

/**
 * Where another token is to be had when one was refused, and for how many seconds no further one is: we sign as often as
 * there are calls, another server is asked less often. `propagate` would hand on the same one again.
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
 * Makes the authorizer from plain data.
 * @throws TypeError naming the option that cannot be.
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
