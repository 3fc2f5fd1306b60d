import { randomUUID } from 'node:crypto';
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { DrizzleQueryError } from 'drizzle-orm';
import { isDatabaseUnavailable } from '../database/database-errors.js';
import { Problem, type ProblemOptions } from './problem.js';

/** What Nest itself refuses before a handler runs; its messages repeat input, so they are replaced. */
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

/** Answers everything that is not an authentication fault as `application/problem+json` (RFC 9457). */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('Problem');

  constructor(private readonly host: HttpAdapterHost) {}

  catch(error: unknown, context: ArgumentsHost): void {
    const { httpAdapter } = this.host;
    const response: unknown = context.switchToHttp().getResponse();
    const instance = `urn:uuid:${randomUUID()}`;
    const { status, code, title, errors, retryAfterSeconds } = toProblem(error);
    if (status >= 500) this.logger.error({ instance, code, reason: describe(error) });
    if (httpAdapter.isHeadersSent(response)) {
      httpAdapter.end(response);
      return;
    }
    if (retryAfterSeconds !== undefined)
      httpAdapter.setHeader(response, 'Retry-After', String(retryAfterSeconds));
    const given = errors === undefined ? {} : { errors };
    this.answer(context, { type: 'about:blank', title, status, code, instance, ...given });
  }

  /** For those who want it told in another way. */
  protected answer(context: ArgumentsHost, problem: ProblemDocument): void {
    const { httpAdapter } = this.host;
    const response: unknown = context.switchToHttp().getResponse();
    httpAdapter.setHeader(response, 'Content-Type', 'application/problem+json');
    httpAdapter.reply(response, problem, problem.status);
  }
}

function toProblem(error: unknown): ProblemOptions {
  if (error instanceof Problem) return error.problem;
  if (error instanceof HttpException) {
    const status = error.getStatus();
    return {
      status,
      ...(FRAMEWORK_PROBLEMS.get(status) ?? { code: 'request_refused', title: 'The request was refused.' }),
    };
  }
  if (error instanceof DrizzleQueryError && isDatabaseUnavailable(error)) return DATABASE_UNAVAILABLE;
  return { status: 500, code: 'internal', title: 'Something went wrong in this service.' };
}

/** A problem is told by what caused it. A failed query's own message lists its parameters: people's names and addresses. */
function describe(error: unknown): string {
  if ((error instanceof Problem && error.cause !== undefined) || error instanceof DrizzleQueryError) {
    return describe(error.cause);
  }
  return error instanceof Error ? (error.stack ?? error.message) : 'not an error object';
}
