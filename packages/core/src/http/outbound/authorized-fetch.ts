import { type RefusedCall } from '../../outbound/retry.js';
import { type CallBody } from './call-body.js';
import { type Attempt, type CallOptions, type Transport } from './outgoing-call.js';
import { type OutgoingCalls } from './outgoing-calls.js';
import { putOurHeaders } from './outgoing-headers.js';
import { readText } from './read-text.js';

/** The options of `fetch`, with a `body` that may also be a Node stream, and options for the token. */
export interface AuthorizedRequestInit extends Omit<RequestInit, 'body'>, CallOptions {
  readonly body?: RequestInit['body'] | NodeJS.ReadableStream;
}

/**
 * `fetch` for declared destinations, which adds the right token to each call.
 * @example
 * const answer = await calls.fetch('https://census.service/user/42/');
 */
export class AuthorizedFetch {
  readonly #calls: OutgoingCalls;

  constructor(calls: OutgoingCalls) {
    this.#calls = calls;
  }

  /**
   * Sends a call with the token of its destination, which is found by the URL. A redirect is refused, not followed.
   * The status of the response is not checked, except that a call that was answered 401 may be repeated once with a new token.
   * Headers about the connection, such as `Host`, are discarded (`docs/outbound.md`). The timeout of the destination and the
   * remaining time of the request being served apply in addition to `init.signal`.
   * @throws CountersignError, before anything is sent: `destination_unknown`, `user_context_missing`,
   * `delegation_not_allowed` (the caller's token allows only another party to act), `scope_missing` (nothing to exchange the caller's
   * token for), `scope_escalation`, `config_invalid` (`onBehalfOf` or `scopes`
   * contradicts the destination, or the method is `CONNECT` or `TRACE`), `authorization_present`, `body_not_bindable`, `target_not_bindable`,
   * `propagation_not_allowed`, `caller_token_expired`, `token_unavailable`, `deadline_exceeded`; afterwards: `redirect_refused`, `deadline_exceeded`.
   */
  async fetch(input: string | URL, init: AuthorizedRequestInit = {}): Promise<Response> {
    const { overrideAuthorization, onBehalfOf, scopes, body, method = 'GET', ...rest } = init;
    const url = new URL(input);
    url.hash = '';
    const given = readHeaders(init.headers);
    const call = {
      url,
      method: method.toUpperCase(),
      body,
      signal: init.signal ?? undefined,
      timeoutMs: undefined,
      obstacle: undefined,
      overrideAuthorization,
      onBehalfOf,
      scopes,
      hasHeader: (name: string) => given.has(name),
    };
    return this.#calls.send(call, byFetch(url, { ...rest, method: call.method, headers: given }));
  }

  /**
   * The same, for the user whose request is being served.
   * @throws CountersignError `user_context_missing`, `config_invalid` where the destination is called for a service only,
   * and whatever `fetch` throws.
   */
  forUser(input: string | URL, init: AuthorizedRequestInit = {}): Promise<Response> {
    return this.fetch(input, { ...init, onBehalfOf: 'user' });
  }

  /**
   * The same, for this service itself, also while a user's request is being served.
   * @throws CountersignError `config_invalid` where the destination is called for a user only, and whatever `fetch` throws.
   */
  forService(input: string | URL, init: AuthorizedRequestInit = {}): Promise<Response> {
    return this.fetch(input, { ...init, onBehalfOf: 'service' });
  }
}

function byFetch(url: URL, init: Omit<RequestInit, 'body'>): Transport<Response> {
  return {
    send: (attempt) =>
      fetch(url, {
        ...init,
        headers: headersOf(init.headers, attempt),
        ...bodyOf(attempt.body),
        redirect: 'manual',
        signal: attempt.signal,
      }),
    refusalOf: describeRefusal,
    discard: (response) => {
      response.body?.cancel().catch(() => undefined);
    },
  };
}

/** Leaves out the pseudo headers of an incoming HTTP/2 request, which `Headers` does not accept. */
function readHeaders(given: RequestInit['headers'] = {}): Headers {
  if (Symbol.iterator in given) return new Headers(given);
  return new Headers(Object.fromEntries(Object.entries(given).filter(([name]) => !name.startsWith(':'))));
}

function headersOf(given: RequestInit['headers'], { headers: added, tokenHeaders, body }: Attempt): Headers {
  const headers = new Headers(given);
  putOurHeaders(headers, [...headers.keys()], added, tokenHeaders);
  const contentType = body !== undefined && 'bytes' in body ? body.contentType : undefined;
  if (contentType !== undefined && !headers.has('content-type')) headers.set('content-type', contentType);
  return headers;
}

function bodyOf(body: CallBody | undefined): Pick<RequestInit, 'body' | 'duplex'> {
  if (body === undefined) return { body: null };
  return 'bytes' in body ? { body: body.bytes } : { body: body.stream, duplex: 'half' };
}

function describeRefusal(response: Response): RefusedCall {
  return {
    status: response.status,
    challenge: response.headers.get('www-authenticate'),
    contentType: response.headers.get('content-type'),
    text: async (maxBytes) => readText(response.clone().body, maxBytes),
  };
}
