import { randomUUID } from 'node:crypto';
import { HttpException } from '@nestjs/common';
import { DrizzleQueryError } from 'drizzle-orm';
import { isDatabaseUnavailable } from '../database/database-errors.js';
import { Problem, type ProblemOptions } from './problem.js';

/** What a framework itself refuses before a handler runs; its messages repeat input, so they are replaced. */
const FRAMEWORK_PROBLEMS: ReadonlyMap<number, Omit<ProblemOptions, 'status'>> = new Map([
  [400, { code: 'input_invalid', title: 'The request is invalid.' }],
  [404, { code: 'not_found', title: 'The resource was not found.' }],
  [413, { code: 'body_too_large', title: 'The request body is too large.' }],
  [
    415,
    { code: 'media_type_unsupported', title: 'The body is in a format that this service does not read.' },
  ],
]);

const DATABASE_UNAVAILABLE: ProblemOptions = {
  status: 503,
  code: 'database_unavailable',
  title: 'The database is temporarily unavailable.',
  retryAfterSeconds: 5,
};

/** A refusal as it is sent (RFC 9457). */
export interface ProblemDocument extends Omit<ProblemOptions, 'retryAfterSeconds'> {
  readonly type: 'about:blank';
  /** Also in the log, where it is one of the service itself. */
  readonly instance: string;
}

/** The answer to an error, in any framework. */
export interface ProblemAnswer {
  readonly document: ProblemDocument;
  readonly headers: Readonly<Record<string, string>>;
  /** What operators should read; undefined where the client is to blame. */
  readonly logged: object | undefined;
}

/** What is answered when a handler, a framework or a body parser throws. */
export function problemAnswer(error: unknown): ProblemAnswer {
  const instance = `urn:uuid:${randomUUID()}`;
  const { status, code, title, errors, retryAfterSeconds } = toProblem(error);
  const given = errors === undefined ? {} : { errors };
  return {
    document: { type: 'about:blank', title, status, code, instance, ...given },
    headers: {
      'Content-Type': 'application/problem+json',
      ...(retryAfterSeconds !== undefined && { 'Retry-After': String(retryAfterSeconds) }),
    },
    logged: status >= 500 ? { instance, code, reason: describe(error) } : undefined,
  };
}

function toProblem(error: unknown): ProblemOptions {
  if (error instanceof Problem) return error.problem;
  const status = error instanceof HttpException ? error.getStatus() : clientStatus(error);
  if (status !== undefined) {
    return {
      status,
      ...(FRAMEWORK_PROBLEMS.get(status) ?? { code: 'request_refused', title: 'The request was refused.' }),
    };
  }
  if (error instanceof DrizzleQueryError && isDatabaseUnavailable(error)) return DATABASE_UNAVAILABLE;
  return { status: 500, code: 'internal', title: 'Something went wrong in this service.' };
}

/** Express and its body parsers throw errors that carry a status; so do clients that we call with, which must not be passed on. */
function clientStatus(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('status' in error)) return undefined;
  const isOfExpress = error instanceof URIError || ('expose' in error && error.expose === true);
  const { status } = error;
  return isOfExpress && typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
}

/** A problem is told by what caused it. A failed query's own message lists its parameters: people's names and addresses. */
function describe(error: unknown): string {
  if ((error instanceof Problem && error.cause !== undefined) || error instanceof DrizzleQueryError) {
    return describe(error.cause);
  }
  return error instanceof Error ? (error.stack ?? error.message) : 'not an error object';
}
