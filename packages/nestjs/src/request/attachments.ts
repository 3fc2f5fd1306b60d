import { type IncomingMessage } from 'node:http';
import { type ArgumentsHost } from '@nestjs/common';

/** A request of Express, or the raw one that Fastify wraps. */
export interface RawRequest extends IncomingMessage {
  readonly originalUrl?: string;
  readonly ip?: string | undefined;
  user?: unknown;
}

/** What handlers get: a request of Express, or Fastify's around the raw one. */
export type HandledRequest = RawRequest | FastifyRequest;

interface FastifyRequest {
  readonly raw: RawRequest;
  readonly rawHeaders?: undefined;
  readonly ip?: string | undefined;
  user?: unknown;
}

/**
 * Whether a handler answers HTTP. Nest says so of every handler that a library runs through it without naming a type, whatever
 * the library hands it. Only the answer is looked at: to read members of a request costs time, as `luggageOf` says.
 */
export function isHttp(host: ArgumentsHost): boolean {
  if (host.getType() !== 'http') return false;
  const answer = host.getArgByIndex<unknown>(1);
  return isResponse(answer) || (isObject(answer) && 'raw' in answer && isResponse(answer.raw));
}

function isResponse(value: unknown): boolean {
  return isObject(value) && 'writableEnded' in value;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** The request of an HTTP handler. Not by `switchToHttp()`, which makes three functions each time that it is called. */
export function requestOf(host: ArgumentsHost): HandledRequest {
  return host.getArgByIndex<HandledRequest>(0);
}

/** Node's own request below the framework's. */
export function rawRequestOf(host: ArgumentsHost): RawRequest {
  return belowFramework(requestOf(host));
}

/** Node's own request below a framework's. */
export function belowFramework(request: HandledRequest): RawRequest {
  return request.rawHeaders === undefined ? request.raw : request;
}

/**
 * What a request carries of ours hangs on its list of headers. Not on the request itself, which Express gives another
 * prototype: on Node 20 each then has a hidden class of its own, every member that is added to it makes one more, which
 * costs 8 to 12 µs with the collector's part, and every member that is read has to be searched for, which costs half a
 * microsecond. So this is asked once for each step, and what follows is handed on.
 */
export function luggageOf<Item>(request: HandledRequest): Record<symbol, Item | undefined> {
  const headers: object = belowFramework(request).rawHeaders;
  return headers as Record<symbol, Item | undefined>;
}
