import { Inject, Injectable, Logger } from '@nestjs/common';
import { type CountersignError, type Verifier } from '@countersign/core';
import { describeFault, toServiceAnswer } from '@countersign/core/adapter';
import { newInstance, type FaultAnswer, type RawRequest } from '@countersign/core/http';
import { type ResolvedOptions } from '../countersign.options.js';
import { COUNTERSIGN_OPTIONS, VERIFIER } from '../countersign.tokens.js';

/** How this application answers faults: under the name of its service, with the challenges that it makes. */
@Injectable()
export class FaultAnswers {
  readonly #logger = new Logger('Countersign');

  constructor(
    @Inject(VERIFIER) private readonly verifier: Verifier,
    @Inject(COUNTERSIGN_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /** @param request undefined for a handler that does not answer HTTP. */
  answer(
    fault: CountersignError,
    request: RawRequest | undefined,
    how: { readonly instance: string; readonly thrownByHandler: boolean },
  ): FaultAnswer {
    return toServiceAnswer(fault, request, { ...how, options: this.options, verifier: this.verifier });
  }

  /** The answer to a fault that a handler threw. Logs it: no decision record tells of it. */
  answerThrown(fault: CountersignError, request: RawRequest | undefined): FaultAnswer {
    const answer = this.answer(fault, request, { instance: newInstance(), thrownByHandler: true });
    this.log(fault, answer.problem.instance);
    return answer;
  }

  log(fault: CountersignError, instance: string): void {
    this.#logger.error(describeFault(fault, instance));
  }
}
