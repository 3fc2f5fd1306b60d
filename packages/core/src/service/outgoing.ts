import { AuthorizedFetch } from '../http/outbound/authorized-fetch.js';
import { createDestinationClient, type DestinationClient } from '../http/outbound/destination-client.js';
import { OutgoingCalls } from '../http/outbound/outgoing-calls.js';
import { type RequestScope } from '../http/request/request-scope.js';
import { invalidOption } from '../options.js';
import { createAuthorizer, type Authorizer } from '../outbound/authorizer.js';
import { type KeyStore } from '../signing-keys/key-store.js';
import { type ResolvedCommonOptions } from './service-options.js';

interface OutgoingParts {
  readonly keyStore: KeyStore | undefined;
  readonly scope: RequestScope;
  readonly onWarning: (message: string) => void;
  /** Of the verifier. */
  readonly tokenHeaders: readonly string[] | undefined;
}

/** Makes what authorizes the calls of a service. */
export function openAuthorizer(
  options: ResolvedCommonOptions,
  { keyStore, onWarning }: Pick<OutgoingParts, 'keyStore' | 'onWarning'>,
): Authorizer {
  const { service, clock, destinations, undeclared, tokenCache } = options;
  return createAuthorizer({
    service,
    destinations,
    ...(keyStore !== undefined && { keyStore }),
    undeclared,
    ...(tokenCache !== undefined && { tokenCache }),
    clock,
    allowInsecureHttpForLocalDevelopment: options.allowInsecureHttpForLocalDevelopment,
    onWarning,
  });
}

/** The calls of a service to others. */
export class Outgoing {
  readonly calls: OutgoingCalls;
  readonly fetch: AuthorizedFetch;
  readonly #destinations: ReadonlyMap<string, DestinationClient>;

  constructor(options: ResolvedCommonOptions, { keyStore, scope, onWarning, tokenHeaders }: OutgoingParts) {
    const { clock, decisions, maxBufferedBodyBytes } = options;
    const authorizer = openAuthorizer(options, { keyStore, onWarning });
    this.calls = new OutgoingCalls({
      authorizer,
      scope,
      decisions,
      clock,
      maxBufferedBodyBytes,
      tokenHeaders,
    });
    const calls = new AuthorizedFetch(this.calls);
    this.fetch = calls;
    this.#destinations = new Map(
      authorizer.destinations.map((each) => [
        each.name,
        createDestinationClient(each, { authorizer, calls }),
      ]),
    );
  }

  /** @throws TypeError for a destination that is not declared: at start, where the client is asked for. */
  destination(name: string): DestinationClient {
    const client = this.#destinations.get(name);
    if (client !== undefined) return client;
    const declared = [...this.#destinations.keys()].join(', ') || 'none';
    throw invalidOption('destinations', `must declare ${JSON.stringify(name)}; declared: ${declared}`);
  }
}
