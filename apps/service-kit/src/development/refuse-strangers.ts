import type { IncomingMessage } from 'node:http';
import { notFound } from '../problems/problem.js';
import { isForwarded } from './forwarding.js';

/**
 * For whom a development endpoint is, beside programs of this machine. `program`: for nobody else. `page`: for the page of
 * the same address, and for whoever typed the address. `visitor`: also for whoever comes from another site by a link or a
 * redirect, as after a login.
 */
export type Asker = 'program' | 'page' | 'visitor';

const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1']);
const LOOPBACK_NAME = /^(127\.0\.0\.1|localhost|\[::1\])$/;

/** Says whether a URL leads to this machine by one of its usual names. */
export function isLoopbackUrl(url: string): boolean {
  return LOOPBACK_NAME.test(new URL(url).hostname);
}

/**
 * Lets in this machine only, by a name of this machine: no other machine, nobody behind a proxy on this machine, no page
 * whose own name was made to lead here, and no page of another site in a browser on this machine. Does not look who
 * asks: every user of this machine may. A proxy that says nothing of itself is not noticed (see `isForwarded`).
 * @throws Problem `not_found`, as if there were nothing.
 */
export function refuseStrangers(request: IncomingMessage, asker: Asker): void {
  if (isStranger(request, asker)) throw notFound();
}

/** The same as an answer. */
export function isStranger(request: IncomingMessage, asker: Asker): boolean {
  const { headers, socket } = request;
  const isNear = LOOPBACK.has(socket.remoteAddress ?? '');
  const isByOurName = LOOPBACK_NAME.test((headers.host ?? '').replace(/:\d{1,5}$/, ''));
  return !isNear || !isByOurName || isForwarded(request) || !MAY_ASK[asker](request);
}

/** Browsers send `Sec-Fetch-Site` (Fetch Metadata) with every request to this machine, and `Origin` with most. */
const MAY_ASK: Readonly<Record<Asker, (request: IncomingMessage) => boolean>> = {
  program: ({ headers }) => headers['sec-fetch-site'] === undefined && headers.origin === undefined,
  page: isOfOwnPage,
  visitor: (request) => isOfOwnPage(request) || isVisit(request),
};

function isOfOwnPage({ headers }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site'] ?? 'none';
  const origin = headers.origin ?? `http://${String(headers.host)}`;
  return ['same-origin', 'none'].includes(site) && origin === `http://${String(headers.host)}`;
}

/** Somebody looks at it in a window of its own: no form that writes, no frame, nothing that a page loads. */
function isVisit({ headers, method }: IncomingMessage): boolean {
  return (
    method === 'GET' &&
    headers.origin === undefined &&
    headers['sec-fetch-mode'] === 'navigate' &&
    headers['sec-fetch-dest'] === 'document'
  );
}
