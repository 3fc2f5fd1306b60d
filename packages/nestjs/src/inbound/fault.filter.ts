import { type ArgumentsHost, Catch, type ExceptionFilter, Inject, Injectable, Logger } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { CountersignError, type Verifier } from '@countersign/core';
import { throwError, type Observable } from 'rxjs';
import { type ResolvedOptions } from '../countersign.options.js';
import { COUNTERSIGN_OPTIONS, VERIFIER } from '../countersign.tokens.js';
import { answerFault, type FaultAnswer } from './fault-answer.js';
import { newInstance } from './inbound-decisions.js';
import { rawRequestOf, requestOf, type RawRequest } from './luggage.js';
import { RequestStates } from './request-scope.js';

/** Answers faults, wherever in a request they were thrown (step 12 of `docs/inbound.md`). */
@Injectable()
@Catch(CountersignError)
export class FaultFilter implements ExceptionFilter<CountersignError> {
  readonly #logger = new Logger('Countersign');

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly states: RequestStates,
    @Inject(VERIFIER) private readonly verifier: Verifier,
    @Inject(COUNTERSIGN_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  catch(fault: CountersignError, host: ArgumentsHost): Observable<never> | undefined {
    const isHttp = host.getType() === 'http';
    const refusal = isHttp ? this.states.of(requestOf(host))?.refusal : undefined;
    const instance = refusal?.fault === fault ? refusal.instance : newInstance();
    // A refusal of the guards is recorded already; anything else was thrown by a handler and would go unseen.
    if (refusal?.fault !== fault) this.#log(fault, instance);
    const { service, resourceMetadata } = this.options;
    const answer = answerFault(fault, {
      service,
      instance,
      dpop: this.verifier.dpop,
      ...(isHttp && { scheme: schemeOf(rawRequestOf(host)) }),
      ...(resourceMetadata !== undefined && { resourceMetadata: resourceMetadata.url }),
    });
    if (!isHttp) return answerElsewhere(answer);
    this.#answer(answer, host);
    return undefined;
  }

  #answer({ status, headers, problem }: FaultAnswer, host: ArgumentsHost): void {
    const adapter = this.host.httpAdapter;
    const response: unknown = host.switchToHttp().getResponse();
    if (adapter.isHeadersSent(response)) {
      adapter.end(response);
      return;
    }
    for (const [name, value] of Object.entries(headers)) adapter.setHeader(response, name, value);
    adapter.setHeader(response, 'Content-Type', 'application/problem+json');
    adapter.reply(response, JSON.stringify(problem), status);
  }

  #log(fault: CountersignError, instance: string): void {
    const { cause } = fault;
    this.#logger.error({
      code: fault.code,
      reason: fault.message,
      instance,
      ...(cause instanceof Error && { cause: `${cause.name}: ${cause.message}` }),
    });
  }
}

/** A client that sent its token by the scheme DPoP is answered in it. */
function schemeOf(request: RawRequest): 'Bearer' | 'DPoP' {
  return /^dpop /i.test(request.headers.authorization ?? '') ? 'DPoP' : 'Bearer';
}

/** Nest sends what is thrown in a stream to the caller, over whatever transport it came. */
function answerElsewhere({ problem }: FaultAnswer): Observable<never> {
  return throwError(() => ({
    status: 'error',
    message: problem.title,
    code: problem.code,
    instance: problem.instance,
  }));
}
