import { CountersignError } from '../errors.js';
import { invalidOption } from '../options.js';
import { missingKeys } from '../signing-keys/missing-keys.js';
import { foldedPath, normalPath, readingsOf } from './destination-path.js';
import {
  readDestination,
  type Destination,
  type DestinationContext,
  type DestinationRecord,
} from './destination.js';

/** The declared destinations. */
export interface Destinations {
  /** In the order of their records. */
  readonly all: readonly Destination[];
  /**
   * The destination of a final URL, by origin and path; undefined when none is declared.
   * @throws CountersignError `destination_unknown` for a path that servers may read as that of one destination, of another, or of
   * none.
   */
  of(url: URL): Destination | undefined;
}

/**
 * Checks the declared destinations and fills in their defaults.
 * @throws TypeError naming the member, such as `destinations[0].url`.
 */
export function createDestinations(
  records: readonly DestinationRecord[],
  context: DestinationContext,
): Destinations {
  if (!Array.isArray(records)) throw invalidOption('destinations', 'must be an array');
  const places = records.map((record, index) => {
    const destination = readDestination(record, `destinations[${String(index)}]`, context);
    const path = normalPath(destination.url);
    return { destination, origin: originOf(destination.url), path, folded: foldedPath(path) };
  });
  places.forEach((place, index) => refuseTwin(places, place, index));
  const all = places.map(({ destination }) => destination);
  // The longest path first: it is the closest description of a call.
  places.sort((a, b) => b.path.length - a.path.length);
  return {
    all,
    of(url) {
      const origin = originOf(url);
      const ofOrigin = places.filter((place) => place.origin === origin);
      // A destination that is the whole origin has every path, however it is read.
      if (ofOrigin.length < 2 && (ofOrigin[0]?.path ?? '/') === '/') return ofOrigin[0]?.destination;
      const candidates = readingsOf(normalPath(url))?.flatMap((path) => placesOf(ofOrigin, path));
      const [place] = candidates ?? [];
      if (candidates?.every((other) => other === place) === true) return place?.destination;
      const problem = `servers may read the path of this call to ${origin} as that of one destination or of another`;
      throw new CountersignError('destination_unknown', problem);
    },
  };
}

/** What a destination is found by. */
interface Place {
  readonly destination: Destination;
  readonly origin: string;
  /** Normal, with a slash at its end. */
  readonly path: string;
  /** The same for a server that does not tell capitals from small letters. */
  readonly folded: string;
}

/** Unlike `URL#origin`, it tells `blob:` URLs from the origin that they belong to. */
function originOf({ protocol, host }: URL): string {
  return `${protocol}//${host}`;
}

function refuseTwin(places: readonly Place[], place: Place, index: number): void {
  const twin = places.findIndex(
    ({ destination, origin, folded }) =>
      destination.name === place.destination.name || (origin === place.origin && folded === place.folded),
  );
  if (twin === index) return;
  const problem = `has the name or the url of destinations[${String(twin)}]`;
  throw invalidOption(`destinations[${String(index)}]`, problem);
}

/**
 * Says what has to be signed for calls to the destinations, for a service that has no keys.
 * @throws TypeError naming the member of the first destination that needs keys, and what to write.
 */
export function refuseToSign(destinations: readonly Destination[]): void {
  destinations.forEach(({ authorize, authorizationServer }, index) => {
    const path = `destinations[${String(index)}]`;
    // An exchange signs who is acting, however the client authenticates.
    if (authorize === 'mint' || authorize === 'exchange') throw missingKeys(`${path}.authorize`, authorize);
    if (authorizationServer?.clientAuthentication === 'private_key_jwt')
      throw missingKeys(`${path}.authorizationServer.clientAuthentication`, 'private_key_jwt');
  });
}

/** Whose a path is to a server that tells capitals from small letters, and to one that does not: many frameworks do not. */
function placesOf(places: readonly Place[], path: string): readonly (Place | undefined)[] {
  const whole = `${path}/`;
  const folded = foldedPath(whole);
  return [
    places.find((place) => whole.startsWith(place.path)),
    places.find((place) => folded.startsWith(place.folded)),
  ];
}
