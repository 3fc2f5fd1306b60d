import { Injectable } from '@nestjs/common';
import { bodyBytes } from './body-bytes.js';
import { OutgoingCalls, UNDECLARED_TIMEOUT_MS } from './outgoing-calls.js';

/** `fetch` for declared destinations: the token for each call is added by itself. */
@Injectable()
export class AuthorizedFetch {
  constructor(private readonly calls: OutgoingCalls) {}

  /**
   * Sends one call with the token of its destination, which is found by the URL. A redirect is refused, not followed.
   * Does not look at the status of the answer. The destination's `timeoutMs` holds beside `init.signal`.
   * @throws CountersignError, before anything is sent: `destination_unknown`, `user_context_missing`,
   * `authorization_present`, `body_not_bindable`, `propagation_not_allowed`, `token_expired`, `token_unavailable`;
   * afterwards: `redirect_refused`.
   */
  async fetch(input: string | URL, init: RequestInit = {}): Promise<Response> {
    const url = new URL(input);
    url.hash = '';
    const method = (init.method ?? 'GET').toUpperCase();
    const headers = new Headers(init.headers);
    const body = await bodyBytes(init.body);
    if (body?.contentType !== undefined && !headers.has('content-type'))
      headers.set('content-type', body.contentType);
    const call = { url, method, body: body?.bytes };
    const { destination, headers: added } = await this.calls.authorize(call, (name) => headers.has(name));
    for (const { name, value } of added) headers.set(name, value);
    const timeout = AbortSignal.timeout(destination?.timeoutMs ?? UNDECLARED_TIMEOUT_MS);
    const response = await fetch(url, {
      ...init,
      method,
      headers,
      body: body?.bytes ?? null,
      redirect: 'manual',
      signal: init.signal ? AbortSignal.any([timeout, init.signal]) : timeout,
    });
    try {
      this.calls.refuseRedirect(call, response.status);
    } catch (fault) {
      await response.body?.cancel();
      throw fault;
    }
    return response;
  }
}
