import type { IncomingMessage } from 'node:http';
import type { CorsOptions } from '@nestjs/common/interfaces/external/cors-options.interface.js';

const ASKED = ['origin', 'access-control-request-method', 'access-control-request-headers'] as const;

/**
 * Answers for pages of other origins (the CORS protocol of the Fetch standard): they may send a token of their own, and
 * never our cookie. A preflight passes without a token; an `OPTIONS` that is none is a request like any other.
 */
export function crossOrigin(origins: readonly string[]) {
  const options: CorsOptions = {
    origin: [...origins],
    methods: ['GET', 'POST'],
    allowedHeaders: ['Authorization', 'Content-Type', 'Idempotency-Key'],
    exposedHeaders: ['Location', 'Retry-After', 'WWW-Authenticate'],
    credentials: false,
    maxAge: 600,
  };
  return (request: IncomingMessage, decide: (error: Error | null, options: CorsOptions) => void): void => {
    const isPlainOptions = request.method === 'OPTIONS' && !isPreflight(request);
    decide(null, isPlainOptions ? { origin: false } : options);
  };
}

/** The third header is only sent when there are headers to ask for. */
function isPreflight({ headers }: IncomingMessage): boolean {
  const [origin, method] = ASKED;
  return headers[origin] !== undefined && headers[method] !== undefined;
}
