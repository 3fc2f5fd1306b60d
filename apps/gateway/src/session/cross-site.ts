import type { IncomingMessage } from 'node:http';
import { isWrite } from '@countersign/core/adapter';
import { Problem } from '@countersign/service-kit';

/** A page of another site cannot set it without asking us first, by a preflight that it does not pass. */
export const PAGE_HEADER = 'X-Gateway-Page';

/**
 * Refuses a write that comes with our cookie and not from our own page.
 * @throws Problem `cross_site_refused` unless `Origin` is ours, and the page's header is there.
 */
export function refuseCrossSite(request: IncomingMessage, publicUrl: string): void {
  if (!isWrite(request.method ?? '')) return;
  refuseForeignOrigin(request, publicUrl);
  if (request.headers[PAGE_HEADER.toLowerCase()] === undefined) throw crossSite();
}

/** The same for a form, which cannot set headers. */
export function refuseForeignOrigin({ headers }: IncomingMessage, publicUrl: string): void {
  const site = headers['sec-fetch-site'] ?? 'same-origin';
  if (headers.origin !== new URL(publicUrl).origin || site !== 'same-origin') throw crossSite();
}

function crossSite(): Problem {
  return new Problem({
    status: 403,
    code: 'cross_site_refused',
    title: "A write with a session must come from the gateway's own page.",
  });
}
