import {
  type WireBody,
  type WireBodyOptions,
  isUnread,
  readyBody,
  unavailableBody,
} from '../../inbound/wire-body.js';
import { type RawRequest } from './request-state.js';

/** What wrappers for serverless platforms make of a request; Node's own requests have `rawHeaders`, and no `apiGateway`. */
interface HandedOver {
  rawHeaders?: string[];
  readonly headers?: HeaderMap;
  /** Set by `serverless-http` for events of AWS. */
  readonly apiGateway?: { readonly event?: SentHeaders };
}

/** The headers of a request as a platform hands them over. */
interface SentHeaders {
  readonly headers?: HeaderMap | null;
  readonly multiValueHeaders?: HeaderMap | null;
}

type HeaderMap = Readonly<Record<string, unknown>>;

/**
 * Fills in `rawHeaders` where a wrapper left it empty or out: from the event of the platform, or else from `headers`. Every value of
 * a name is listed, so that a second Authorization is seen. Values that somebody joined by commas stay one value, which is no
 * token. A request of Node's server, which lists its headers, stays as it is.
 */
export function completeRawHeaders(request: RawRequest): void {
  const handedOver: HandedOver = request;
  const rawHeaders = (handedOver.rawHeaders ??= []);
  if (rawHeaders.length > 0) return;
  const { headers, multiValueHeaders }: SentHeaders = handedOver.apiGateway?.event ?? handedOver;
  const several = valuesOf(multiValueHeaders);
  const listed = new Set(several.map(lineOf));
  // An event of API Gateway names each header in both: the lists hold what was sent, the other one value of each.
  const others = valuesOf(headers).filter((header) => !listed.has(lineOf(header)));
  for (const { name, value } of [...several, ...others]) rawHeaders.push(name, value);
}

interface Header {
  readonly name: string;
  readonly value: string;
}

function lineOf({ name, value }: Header): string {
  return `${name.toLowerCase()}: ${value}`;
}

function valuesOf(headers: HeaderMap | null | undefined): readonly Header[] {
  return Object.entries(headers ?? {}).flatMap(([name, value]) => {
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    return values
      .filter((each) => each !== undefined)
      .map((each) => ({ name, value: typeof each === 'string' ? each : JSON.stringify(each) }));
  });
}

/**
 * The body of a request that was read before, where the platform left the octets that it received.
 * @param property of the request.
 * @returns undefined where the stream of the request is unread, or has no such property: then the stream decides.
 */
export function platformBody(
  request: RawRequest,
  property: string | undefined,
  options: WireBodyOptions,
): WireBody | undefined {
  if (property === undefined || isUnread(request)) return undefined;
  const body: unknown = Reflect.get(request, property);
  if (body === undefined) return undefined;
  if (body instanceof Uint8Array) return readyBody(body, options);
  if (typeof body === 'string') return readyBody(Buffer.from(body), options);
  return unavailableBody(`request.${property} holds no octets, but what a parser made of them`);
}
