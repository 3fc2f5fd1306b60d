import { type ArgumentsHost } from '@nestjs/common';
import { CountersignError } from '@countersign/core';
import {
  attachedState,
  toFaultAnswer,
  type FaultAnswer,
  type FaultAnswerOptions,
} from '@countersign/core/http';
import { isRaisedByGuards } from './fault.exception.js';
import { isHttp, rawRequestOf } from '../request/handled-request.js';

/** The options of `answerFault` for a fault without a request. */
export interface AnswerFaultOptions extends Omit<FaultAnswerOptions, 'thrownByHandler'> {
  /** Default: whether no guard of ours raised it. */
  readonly thrownByHandler?: boolean;
}

/**
 * Returns the HTTP answer to a fault, for exception filters that write answers in a format of their own.
 * @param how The host that the filter was given, so that the answer names this service and the `instance` in the log; or a name
 * and an instance of your own.
 * @throws CountersignError `config_invalid` for the host of a request that CountersignModule does not guard.
 * @example
 * catch(fault: CountersignError, host: ArgumentsHost) {
 *   const { status, headers, problem } = answerFault(fault, host);
 *   host.switchToHttp().getResponse<Response>().status(status).set(headers).json({ error: problem.code });
 * }
 */
export function answerFault(fault: CountersignError, how: ArgumentsHost | AnswerFaultOptions): FaultAnswer {
  if (!('getArgs' in how)) return toFaultAnswer(fault, { thrownByHandler: !isRaisedByGuards(fault), ...how });
  if (isRaisedByGuards(fault)) return fault.answer;
  const request = isHttp(how) ? rawRequestOf(how) : undefined;
  const answer = request && attachedState(request)?.owner.answerThrown?.(fault, request);
  if (answer !== undefined) return answer;
  throw new CountersignError(
    'config_invalid',
    'answerFault() got the host of a request that CountersignModule does not guard; import the module, or name the service',
  );
}
