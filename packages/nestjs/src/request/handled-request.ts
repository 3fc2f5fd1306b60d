import { type ArgumentsHost } from '@nestjs/common';
import { rawRequest, type HandledRequest, type RawRequest } from '@countersign/core/http';
import { isObject } from '../lib/is-object.js';

/**
 * Whether a handler answers HTTP. Nest says so of every handler that a library runs through it without naming a type, whatever
 * the library hands it. Only the answer is looked at: to read members of a request of Express costs time.
 */
export function isHttp(host: ArgumentsHost): boolean {
  if (host.getType() !== 'http') return false;
  const answer = host.getArgByIndex<unknown>(1);
  return isResponse(answer) || (isObject(answer) && 'raw' in answer && isResponse(answer.raw));
}

function isResponse(value: unknown): boolean {
  return isObject(value) && 'writableEnded' in value;
}

/** The request of an HTTP handler. Not by `switchToHttp()`, which makes three functions each time that it is called. */
export function requestOf(host: ArgumentsHost): HandledRequest {
  return host.getArgByIndex<HandledRequest>(0);
}

/** Node's own request below the framework's. */
export function rawRequestOf(host: ArgumentsHost): RawRequest {
  return rawRequest(requestOf(host));
}
