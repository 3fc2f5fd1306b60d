import { HttpException } from '@nestjs/common';

/** One thing that is wrong with an input: where, as a JSON pointer, and what. */
export interface InputFault {
  readonly pointer: string;
  readonly detail: string;
}

export interface ProblemOptions {
  readonly status: number;
  /** Stable, in snake_case: what a program reads. */
  readonly code: string;
  /** One fixed sentence: what a person reads. Never contains input. */
  readonly title: string;
  readonly errors?: readonly InputFault[];
  /** Sent as `Retry-After`. */
  readonly retryAfterSeconds?: number;
}

/** A refusal by the application itself, answered as `application/problem+json` (RFC 9457). */
export class Problem extends HttpException {
  readonly code: string;

  /** @param options `cause` is for the operator's log and never shown to a client. */
  constructor(
    readonly problem: ProblemOptions,
    options?: { readonly cause: unknown },
  ) {
    super(problem.title, problem.status, options);
    this.code = problem.code;
  }
}

/** The record does not exist, or its id cannot be one. */
export function notFound(): Problem {
  return new Problem({ status: 404, code: 'not_found', title: 'The resource was not found.' });
}

/** The body, the query or a header is not what the route asks for. */
export function inputInvalid(errors: readonly InputFault[]): Problem {
  return new Problem({
    status: 400,
    code: 'input_invalid',
    title: 'The request is invalid.',
    errors,
  });
}
