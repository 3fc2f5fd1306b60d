import type { IncomingMessage } from 'node:http';
import { notFound } from '../problem.js';

const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1']);

/**
 * Lets in this machine only, by a name of this machine: not another machine, and not a page whose own name was made to
 * lead here. Does not look who asks: everybody on this machine may.
 * @throws Problem `not_found`, as if there were nothing.
 */
export function refuseStrangers({ headers, socket }: IncomingMessage): void {
  const isNear = LOOPBACK.has(socket.remoteAddress ?? '');
  const isByOurName = /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/.test(headers.host ?? '');
  if (!isNear || !isByOurName) throw notFound();
}
