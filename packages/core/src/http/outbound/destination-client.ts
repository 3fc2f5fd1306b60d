import { CountersignError } from '../../errors.js';
import { type Authorizer } from '../../outbound/authorizer.js';
import { type Destination } from '../../outbound/destination.js';
import { type AuthorizedFetch, type AuthorizedRequestInit } from './authorized-fetch.js';

/**
 * Calls a declared destination by its name.
 *
 * Paths are relative to the URL of the destination: `user/42/` at `https://census.service/` is
 * `https://census.service/user/42/`. A path that leads outside it, to another destination below it, or that contains a `.` or
 * `..` segment is refused with `destination_unknown`, and nothing is sent. Encode values with `encodeURIComponent`; check the
 * characters of your identifiers yourself.
 * @example
 * const response = await this.census.fetch(`user/${encodeURIComponent(id)}/`);
 */
export interface DestinationClient {
  /** The `name` of the destination record. */
  readonly name: string;
  /** The base URL. Ends in `/`. */
  readonly url: string;
  /** The identifier of the destination, used as `aud`. */
  readonly audience: string;
  /**
   * Sends a call with the token of the destination, as `AuthorizedFetch#fetch` does. Redirects are refused.
   * @throws CountersignError `destination_unknown` for a path that leads elsewhere, and all errors of `AuthorizedFetch#fetch`.
   */
  fetch(path: string, init?: AuthorizedRequestInit): Promise<Response>;
  /** Sends a call for the user of the request being served. @throws CountersignError as `AuthorizedFetch#forUser`. */
  forUser(path: string, init?: AuthorizedRequestInit): Promise<Response>;
  /** Sends a call for this service itself. @throws CountersignError as `AuthorizedFetch#forService`. */
  forService(path: string, init?: AuthorizedRequestInit): Promise<Response>;
}

/** Makes the client of a destination; `authorizer` is the one that has it. */
export function createDestinationClient(
  destination: Destination,
  { authorizer, calls }: { readonly authorizer: Authorizer; readonly calls: AuthorizedFetch },
): DestinationClient {
  const { name, audience } = destination;
  const base = destination.url.href;

  /** Where a path leads, which is the same destination. */
  function urlOf(path: string): URL {
    const url = URL.canParse(path, base) ? new URL(path, base) : undefined;
    if (url?.href.startsWith(base) === true && isPlain(path) && authorizer.destinationOf(url) === destination)
      return url;
    const problem = `a call to ${name} is not sent: its path leads elsewhere, or has a segment that is "." or ".."`;
    throw new CountersignError('destination_unknown', problem);
  }

  return Object.freeze({
    name,
    url: base,
    audience,
    fetch: async (path: string, init?: AuthorizedRequestInit) => calls.fetch(urlOf(path), init),
    forUser: async (path: string, init?: AuthorizedRequestInit) => calls.forUser(urlOf(path), init),
    forService: async (path: string, init?: AuthorizedRequestInit) => calls.forService(urlOf(path), init),
  });
}

/** What the parser of URLs takes for `.` or `..` between slashes, and then takes out. */
const DOTS = /(?:^|[/\\])(?:\.|%2e){1,2}(?:[/\\]|$)/i;

/** Whether the path is written as it will be sent. The parser also drops control characters, so that there may be none. */
function isPlain(path: string): boolean {
  const [written = ''] = path.trim().split(/[?#]/, 1);
  return !DOTS.test(written) && !/\p{Cc}/u.test(path);
}
