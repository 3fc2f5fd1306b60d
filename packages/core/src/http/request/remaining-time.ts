import { type IncomingHttpHeaders } from 'node:http';
import { type Clock } from '../../clock.js';
import { type RawResponse } from './request-state.js';

/** The header in which a caller says how many milliseconds it waits for the answer. */
export const TIMEOUT_HEADER = 'Countersign-Timeout-Ms';

/** At most eleven days; a header that holds anything else is ignored. */
const MILLISECONDS = /^\d{1,9}$/;

const HEADER = TIMEOUT_HEADER.toLowerCase();

const UNLIMITED = () => undefined;

/**
 * Measures how long the caller of a request still waits. The limit is relative to now, so that the clocks need not agree. Once
 * the request is answered there is no limit.
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
