import { HttpException } from '@nestjs/common';
import { type CountersignError } from '@countersign/core';
import { type FaultAnswer } from '@countersign/core/http';

/** The members of a fault, which filters may read whichever of the two they caught. */
type Fault = Omit<CountersignError, 'name'>;

/** By this every copy of core knows a fault, so that it is an instance of `CountersignError` too. */
const FAULT = Symbol.for('countersign:fault');

/** By this every copy of this package knows what guards refused a request with. */
const RAISED = Symbol.for('countersign:raised-by-guards');

/**
 * The exception with which the guards refuse a request: a `CountersignError` that is also an `HttpException`. Its response is the
 * problem document, and its message is safe for clients. The reason for operators is the message of its `cause`; never send it
 * to clients. `@Catch(FaultException)` catches refusals only; `@Catch(CountersignError)` also catches faults that handlers throw.
 */
export class FaultException extends HttpException implements Fault {
  readonly code: Fault['code'];
  readonly kind: Fault['kind'];
  readonly requiredScopes: Fault['requiredScopes'];
  readonly retryAfterSeconds: Fault['retryAfterSeconds'];
  readonly notBefore: Fault['notBefore'];
  readonly dpopNonce: Fault['dpopNonce'];
  /** The answer over HTTP. Its headers are on the response already. */
  readonly answer: FaultAnswer;
  /** What GraphQL shows of an error beside its message. */
  readonly extensions: { readonly code: Fault['code']; readonly instance: string };

  constructor(fault: CountersignError, answer: FaultAnswer) {
    const { stackTraceLimit } = Error;
    // Anybody can cause a refusal, and its stack would say nothing that the code does not.
    Reflect.set(Error, 'stackTraceLimit', 0);
    super(answer.problem, answer.status, { cause: fault });
    Reflect.set(Error, 'stackTraceLimit', stackTraceLimit);
    this.message = answer.problem.title;
    this.code = fault.code;
    this.kind = fault.kind;
    this.requiredScopes = fault.requiredScopes;
    this.retryAfterSeconds = fault.retryAfterSeconds;
    this.notBefore = fault.notBefore;
    this.dpopNonce = fault.dpopNonce;
    this.answer = answer;
    this.extensions = { code: fault.code, instance: answer.problem.instance };
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    if (this !== FaultException) return Function.prototype[Symbol.hasInstance].call(this, value);
    return value instanceof Error && isRaisedByGuards(value);
  }

  /** The problem document. A filter that answers with this very object answers in its media type. */
  override getResponse(): object {
    return this.answer.problem;
  }
}
Object.defineProperties(FaultException.prototype, { [FAULT]: { value: true }, [RAISED]: { value: true } });

/** Whether guards refused a request with this very exception; true for those of another copy of this package, too. */
export function isRaisedByGuards(fault: object): fault is FaultException {
  return RAISED in fault;
}
