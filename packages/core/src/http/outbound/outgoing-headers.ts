import { foldedHeader, isTransportHeader } from '../../outbound/transport-headers.js';
import { TIMEOUT_HEADER } from '../request/remaining-time.js';
import { TOKEN_HEADERS, type Attempt } from './outgoing-call.js';

/** Headers as both `fetch` and axios keep them. Names are compared without regard to case. */
interface CallHeaders {
  get(name: string): unknown;
  set(name: string, value: string): unknown;
  delete(name: string): unknown;
}

/** Headers that only we set, whatever the destination. */
const OURS: readonly string[] = [...TOKEN_HEADERS, TIMEOUT_HEADER];

/**
 * Removes the headers that the application has no say in, and sets ours. An application may copy the headers of an incoming
 * request: those about the connection of that request go, and so do those that its `Connection` names. A name with underscores goes as
 * the one with hyphens does, because some servers and gateways take it for that one.
 * @param names of all headers, including those without a value.
 * @param tokenHeaders of the attempt: they go as well.
 * @see RFC 9110 section 7.6.1.
 */
export function putOurHeaders(
  headers: CallHeaders,
  names: readonly string[],
  ours: Attempt['headers'],
  tokenHeaders: Attempt['tokenHeaders'] = [],
): void {
  const perHop = connectionOptions(headers.get('Connection'));
  const dropped = new Set(
    [...OURS, ...tokenHeaders, ...perHop, ...ours.map(({ name }) => name)].map(foldedHeader),
  );
  for (const name of names)
    if (isTransportHeader(name) || dropped.has(foldedHeader(name))) headers.delete(name);
  for (const { name, value } of ours) headers.set(name, value);
}

/** Several lines of it are one list. */
function connectionOptions(connection: unknown): readonly string[] {
  return [connection]
    .flat()
    .join(',')
    .split(',')
    .map((option) => option.trim());
}
