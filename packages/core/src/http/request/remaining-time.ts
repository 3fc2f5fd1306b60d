import { type IncomingHttpHeaders } from 'node:http';
import { type Clock } from '../../clock.js';
import { type RawResponse } from './request-state.js';

/** How many milliseconds the caller of a request waits for its answer. */
export const TIMEOUT_HEADER = 'Countersign-Timeout-Ms';

/** At most eleven days; anything else that the header may say is as good as no header. */
const MILLISECONDS = /^\d{1,9}$/;

const HEADER = TIMEOUT_HEADER.toLowerCase();

const UNLIMITED = () => undefined;

/**
 * What is left of the time that the caller of a request waits, reckoned from now: relative, so that the clocks need not
 * agree. Once the request is answered nobody waits any more, and work that goes on has no limit from it.
 */
export function remainingTime(
  headers: IncomingHttpHeaders,
  response: RawResponse,
  clock: Clock,
): () => number | undefined {
  const said = headers[HEADER];
  if (typeof said !== 'string' || !MILLISECONDS.test(said)) return UNLIMITED;
  const deadline = clock.monotonic() * 1000 + Number(said);
  return () => (response.writableEnded ? undefined : deadline - clock.monotonic() * 1000);
}
