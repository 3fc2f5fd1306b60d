import { CountersignError } from '../../errors.js';
import { type FaultAnswer } from './fault-answer.js';

/**
 * The error with which a request is refused: a `CountersignError` that says nothing but what clients may see. Its `message` is the
 * title of the fault, and it has no stack; the reason for operators is the message of its `cause`.
 *
 * `status` and `headers` are those of the answer, under the names by which the default error handlers of Express and Fastify find
 * them.
 */
export class Refusal extends CountersignError {
  readonly answer: FaultAnswer;
  readonly status: number;
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(fault: CountersignError, answer: FaultAnswer) {
    super(fault.code, answer.problem.title, {
      requiredScopes: fault.requiredScopes,
      ...(fault.retryAfterSeconds !== undefined && { retryAfterSeconds: fault.retryAfterSeconds }),
      ...(fault.dpopNonce !== undefined && { dpopNonce: fault.dpopNonce }),
      cause: fault,
    });
    this.stack = `${this.name}: ${this.message}`;
    this.answer = answer;
    this.status = answer.status;
    this.statusCode = answer.status;
    this.headers = answer.headers;
  }
}
