import { isTransportHeader } from '@countersign/core/adapter';
import { TIMEOUT_HEADER } from '../request/timeout-header.js';
import { TOKEN_HEADERS, type Attempt } from './outgoing-call.js';

/** Headers as both `fetch` and axios keep them. Names are compared without regard to case. */
interface CallHeaders {
  get(name: string): unknown;
  set(name: string, value: string): unknown;
  delete(name: string): unknown;
}

/** Headers that only we set, whatever the destination. */
const OURS: ReadonlySet<string> = new Set(
  [...TOKEN_HEADERS, TIMEOUT_HEADER].map((name) => name.toLowerCase()),
);

/**
 * Removes the headers that the application has no say in, and sets ours. An application may copy the headers of an incoming
 * request: those about the connection of that request go, and so do those that its `Connection` names.
 * @param names of all headers, including those without a value.
 * @see RFC 9110 section 7.6.1.
 */
export function putOurHeaders(
  headers: CallHeaders,
  names: readonly string[],
  ours: Attempt['headers'],
): void {
  const perHop = connectionOptions(headers.get('Connection'));
  for (const name of names) {
    const lower = name.toLowerCase();
    if (isTransportHeader(lower) || OURS.has(lower) || perHop.has(lower)) headers.delete(name);
  }
  for (const { name, value } of ours) headers.set(name, value);
}

/** Several lines of it are one list. */
function connectionOptions(connection: unknown): ReadonlySet<string> {
  const options = [connection].flat().join(',').split(',');
  return new Set(options.map((option) => option.trim().toLowerCase()));
}
