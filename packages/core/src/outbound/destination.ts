import { CountersignError } from '../errors.js';
import { invalidOption, OptionsReader, readHttpsUri, readScopes } from '../options.js';

/** A service that this one calls, and how those calls are authorized: one element of a destinations file. */
export interface DestinationRecord {
  /** Short name, for logs. */
  readonly name: string;
  /** Where the service answers. Calls to this origin, at or below this path, are calls to this destination. */
  readonly url: string;
  /** Its identifier, the `aud` of the tokens for it. Default: `url`. */
  readonly audience?: string;
  /** For whom calls are made: the user of the request that is being served, or this service itself. */
  readonly onBehalfOf: 'user' | 'service';
  /** Where the token comes from: `mint` signs one, `propagate` hands on the caller's, `none` sends none. */
  readonly authorize: 'none' | 'propagate' | 'mint';
  /** The most that a minted token may carry. For a user's call it is cut to the scopes of the caller's token. Default none. */
  readonly scopes?: readonly string[];
  /** Which header carries the token. Default `Authorization`. */
  readonly header?: 'Authorization' | 'JWT';
  /** Whether writes are bound to their body. Default `required`. */
  readonly bodyBinding?: 'required' | 'off';
  /** Longest wait for the answer. Default 10,000. */
  readonly timeoutMs?: number;
}

/** A destination with its defaults filled in. */
export interface Destination extends Required<Omit<DestinationRecord, 'url'>> {
  readonly url: URL;
}

/** The declared destinations. */
export interface Destinations {
  /**
   * The destination of a final URL, by origin and path.
   * @throws CountersignError `destination_unknown` when none is declared: nothing must be sent.
   */
  of(url: URL): Destination;
}

/** What the destinations are declared in. */
export interface DestinationContext {
  /** The identifier of this service. */
  readonly service: string;
  /** Whether plain `http:` is accepted for other hosts than loopback. */
  readonly allowInsecureHttp: boolean;
}

const MEMBERS = [
  'name', 'url', 'audience', 'onBehalfOf', 'authorize', 'scopes', 'header', 'bodyBinding', 'timeoutMs',
] as const; // prettier-ignore

/**
 * Checks the declared destinations and fills in their defaults.
 * @throws TypeError naming the member, such as `destinations[0].url`.
 */
export function createDestinations(
  records: readonly DestinationRecord[],
  context: DestinationContext,
): Destinations {
  if (!Array.isArray(records)) throw invalidOption('destinations', 'must be an array');
  const destinations = records.map((record, index) =>
    readDestination(record, `destinations[${String(index)}]`, context),
  );
  destinations.forEach((destination, index) => {
    const twin = destinations.findIndex(
      (other) => other.name === destination.name || other.url.href === destination.url.href,
    );
    if (twin !== index) {
      throw invalidOption(
        `destinations[${String(index)}]`,
        `has the name or the url of destinations[${String(twin)}]`,
      );
    }
  });
  // The longest path first: it is the closest description of a call.
  destinations.sort((a, b) => b.url.pathname.length - a.url.pathname.length);
  return {
    of(url) {
      const found = destinations.find(
        (each) => each.url.origin === url.origin && `${url.pathname}/`.startsWith(each.url.pathname),
      );
      if (found === undefined) {
        throw new CountersignError('destination_unknown', `no destination is declared for ${url.origin}`);
      }
      return found;
    },
  };
}

function readDestination(value: unknown, path: string, context: DestinationContext): Destination {
  const record = new OptionsReader(value, path, MEMBERS);
  const url = readHttpsUri(record.raw('url'), record.at('url'), context.allowInsecureHttp);
  if (url.search !== '') throw invalidOption(record.at('url'), 'must not hold a query');
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  const audience = record.has('audience') ? record.string('audience') : url.href;
  const authorize = record.oneOf('authorize', ['none', 'propagate', 'mint']);
  // Every token that reaches us names us as its audience, also the service tokens that must never be handed on.
  if (authorize === 'propagate' && audience === context.service)
    throw invalidOption(record.at('audience'), 'is this service itself: tokens for it are not handed on');
  return {
    name: record.string('name'),
    url,
    audience,
    onBehalfOf: record.oneOf('onBehalfOf', ['user', 'service']),
    authorize,
    scopes: readScopes(record, 'scopes'),
    header: record.oneOf('header', ['Authorization', 'JWT'], 'Authorization'),
    bodyBinding: record.oneOf('bodyBinding', ['required', 'off'], 'required'),
    timeoutMs: record.number('timeoutMs', { unless: 10_000, min: 1, max: 600_000 }),
  };
}
