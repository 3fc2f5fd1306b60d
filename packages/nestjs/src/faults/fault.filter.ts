import { type ArgumentsHost, Catch, type ExceptionFilter, Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { CountersignError } from '@countersign/core';
import { of, throwError, type Observable } from 'rxjs';
import { type FaultAnswer } from '@countersign/core/http';
import { FaultAnswers } from './fault-answers.js';
import { isRaisedByGuards } from './fault.exception.js';
import { endStreamCall } from './grpc-calls.js';
import { isHttp, rawRequestOf } from '../request/handled-request.js';
import { Refusals } from './refusals.js';
import { TRANSPORT_EXCEPTIONS, type TransportExceptions } from './transport-exceptions.js';

/**
 * Answers faults, wherever in a request they were thrown (step 12 of `docs/inbound.md`), in the form of the transport by which
 * the handler was called. `CountersignModule` registers it, and provides it to filters of your own, which may hand on what
 * they do not answer: return what it returns. It shows nothing of the operator's reason, and logs what handlers threw.
 * @throws the fault, in a form that may be shown, where that is how Nest hands an error on, as for GraphQL.
 * @example
 * catch(fault: CountersignError, host: ArgumentsHost) {
 *   if (host.getType() !== 'http') return this.faultFilter.catch(fault, host);
 */
@Injectable()
@Catch(CountersignError)
export class FaultFilter implements ExceptionFilter<CountersignError> {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly answers: FaultAnswers,
    private readonly refusals: Refusals,
    @Inject(TRANSPORT_EXCEPTIONS) private readonly exceptions: TransportExceptions,
  ) {}

  /** No value is returned where Nest would take it for the handler's result: there a fault stays an error. */
  catch(fault: CountersignError, host: ArgumentsHost): Observable<undefined> | undefined {
    const request = isHttp(host) ? rawRequestOf(host) : undefined;
    // A refusal of the guards is recorded already; anything else was thrown by a handler and would go unseen.
    const answer = isRaisedByGuards(fault) ? fault.answer : this.answers.answerThrown(fault, request);
    if (request !== undefined) {
      this.#answer(answer, host);
      return undefined;
    }
    if (endStreamCall(fault, host)) return of(undefined);
    const error = isRaisedByGuards(fault) ? fault : this.refusals.inForm(fault, answer, host);
    return this.#passOn(error, host);
  }

  #answer({ status, headers, problem }: FaultAnswer, host: ArgumentsHost): void {
    const adapter = this.host.httpAdapter;
    const response = host.getArgByIndex<unknown>(1);
    if (adapter.isHeadersSent(response)) {
      adapter.end(response);
      return;
    }
    for (const [name, value] of Object.entries(headers)) adapter.setHeader(response, name, value);
    adapter.setHeader(response, 'Content-Type', 'application/problem+json');
    adapter.reply(response, JSON.stringify(problem), status);
  }

  /** Nest's filter for RPC answers with a stream that fails, that for gateways with a message, and others throw. */
  #passOn(error: Error, host: ArgumentsHost): Observable<never> | undefined {
    const { rpc, ws } = this.exceptions;
    if (rpc !== undefined && error instanceof rpc.RpcException) {
      const shown = error.getError();
      return throwError(() => shown);
    }
    if (ws === undefined || !(error instanceof ws.WsException)) throw error;
    new ws.BaseWsExceptionFilter().catch(error, host);
    return undefined;
  }
}
