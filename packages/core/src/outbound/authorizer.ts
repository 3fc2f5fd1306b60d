import { systemClock, type Clock } from '../clock.js';
import { CountersignError } from '../errors.js';
import { type KeyStore } from '../keys/key-store.js';
import { invalidOption, OptionsReader } from '../options.js';
import { type Authentication } from '../principal.js';
import { createDestinations, type Destination, type DestinationRecord } from './destination.js';
import { mintSource } from './mint.js';
import { propagateSource } from './propagate.js';
import { type IssuedToken, type OutboundCall, type TokenSource } from './token-source.js';

export interface AuthorizerOptions {
  /** The identifier of this service: the issuer of what it mints. */
  readonly service: string;
  readonly destinations: readonly DestinationRecord[];
  readonly keyStore: KeyStore;
  readonly clock?: Clock;
  readonly allowInsecureHttpForLocalDevelopment?: boolean;
}

/** What an adapter needs to send an authorized call. */
export interface AuthorizedCall {
  readonly destination: Destination;
  /** To be added to the request; undefined when the destination wants no token. */
  readonly header: { readonly name: string; readonly value: string } | undefined;
  readonly issued: IssuedToken | undefined;
}

/** Authorizes outgoing calls: picks the destination by the final URL, and its token source. */
export interface Authorizer {
  /** @throws CountersignError `destination_unknown`. */
  destinationOf(url: URL): Destination;
  /**
   * The token for one call. Sends nothing itself; the caller of this must not follow redirects with it.
   * @param authentication the request that is being served, if any.
   * @throws CountersignError `destination_unknown`, `user_context_missing`, `propagation_not_allowed`, `token_expired`,
   * `token_unavailable`, `authorization_present` (credentials in the URL). Then nothing must be sent.
   */
  authorize(call: OutboundCall, authentication: Authentication | undefined): Promise<AuthorizedCall>;
}

/** How a token stands in the header that carries it. */
const HEADER_VALUE: Readonly<Record<Destination['header'], (token: string) => string>> = {
  Authorization: (token) => `Bearer ${token}`,
  JWT: (token) => token,
};

const OPTIONS = [
  'service', 'destinations', 'keyStore', 'clock', 'allowInsecureHttpForLocalDevelopment',
] as const; // prettier-ignore

/**
 * Makes the authorizer from plain data.
 * @throws TypeError naming the option that cannot be.
 */
export function createAuthorizer(options: AuthorizerOptions): Authorizer {
  const read = new OptionsReader(options, '', OPTIONS);
  const service = read.string('service');
  const { keyStore, clock = systemClock } = options;
  if (typeof keyStore !== 'object' || !('signer' in keyStore))
    throw invalidOption('keyStore', 'must be a key store, as createKeyStore() resolves to');
  const allowInsecureHttp = read.boolean('allowInsecureHttpForLocalDevelopment', false);
  const destinations = createDestinations(options.destinations, { service, allowInsecureHttp });
  const sources: Readonly<Record<Destination['authorize'], TokenSource | undefined>> = {
    none: undefined,
    propagate: propagateSource,
    mint: mintSource({ service, keyStore, clock }),
  };
  return {
    destinationOf: (url) => destinations.of(url),

    async authorize(call, authentication) {
      const destination = destinations.of(call.url);
      if (call.url.username !== '' || call.url.password !== '') {
        throw new CountersignError('authorization_present', 'the URL of the outgoing call holds credentials');
      }
      const issued = await sources[destination.authorize]?.token({ call, destination, authentication });
      if (issued === undefined) return { destination, header: undefined, issued };
      const value = HEADER_VALUE[destination.header](issued.token);
      return { destination, header: { name: destination.header, value }, issued };
    },
  };
}
