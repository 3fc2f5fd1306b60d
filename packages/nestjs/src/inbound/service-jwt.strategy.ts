import { PassportStrategy } from '@nestjs/passport';
import { CountersignError, type Authentication, type Verifier } from '@countersign/core';
import { extractToken } from '@countersign/core/adapter';
import {
  newInstance,
  rawRequest,
  SentRequest,
  type HandledRequest,
  type RawRequest,
  type RequestStates,
} from '@countersign/core/http';
import { Strategy } from 'passport-jwt';
import { type FaultAnswers } from '../faults/fault-answers.js';
import { FaultException } from '../faults/fault.exception.js';

export interface ServiceJwtStrategyOptions {
  /** Under which passport knows the strategy. */
  readonly name: string;
  readonly verifier: Verifier;
  readonly states: RequestStates;
  readonly answers: FaultAnswers;
}

/**
 * Registers the strategy with passport, under a name of its own: two applications in one process must not share one.
 *
 * It is passport-jwt's strategy with its contract (`jwtFromRequest`, success with the principal, fail, error), and core's
 * verifier in place of jsonwebtoken. "No token was sent" fails, so that another strategy may have its turn; every other
 * fault is an error, which passport does not pass over.
 */
export function registerServiceJwtStrategy(options: ServiceJwtStrategyOptions): void {
  const { name, states, verifier } = options;

  class ServiceJwtStrategy extends PassportStrategy(Strategy, name) {
    constructor() {
      super({
        jwtFromRequest: (request: RawRequest) =>
          extractToken(new SentRequest(states.required(request)), verifier.tokenHeaders) ?? null,
        secretOrKeyProvider: (_request, _token, done) =>
          done(new Error('keys are looked up by the verifier')),
      });
      this.name = name;
    }

    // Passport calls this on an object derived from the strategy, so nothing here may be private to the instance.
    override authenticate(request: HandledRequest): void {
      authenticate(request, options).then(
        ({ principal }) => this.success(principal),
        (fault: unknown) => {
          if (!(fault instanceof CountersignError))
            this.error(fault instanceof Error ? fault : new Error('the verifier failed', { cause: fault }));
          else if (fault.code === 'token_missing') this.fail(raised(fault, request, options), 401);
          else this.error(raised(fault, request, options));
        },
      );
    }

    validate(): never {
      throw new Error('the verifier has validated the token');
    }
  }
  new ServiceJwtStrategy();
}

/** Finds out who calls, unless that is known; notes the single use itself, since no guard of ours need come after it. */
async function authenticate(
  request: HandledRequest,
  { verifier, states }: ServiceJwtStrategyOptions,
): Promise<Authentication> {
  const state = states.required(request);
  // What our guards made of the caller stands: the application's own user and roles in place of those of the token.
  if (state.authentication !== undefined) return state.authentication;
  const authentication = await verifier.authenticate(new SentRequest(state, request));
  await (state.used ??= verifier.useOnce(authentication));
  state.authentication = authentication;
  state.principal = authentication.principal;
  return authentication;
}

/**
 * The refusal as an exception, which is logged, and whose headers are set whichever filter answers. Not so where no token was
 * sent: another strategy may have its turn.
 */
function raised(
  fault: CountersignError,
  request: HandledRequest,
  { answers, states }: ServiceJwtStrategyOptions,
): FaultException {
  const how = { instance: newInstance(), thrownByHandler: false };
  const answer = answers.answer(fault, rawRequest(request), how);
  if (fault.code !== 'token_missing') {
    answers.log(fault, how.instance);
    const response = states.of(request)?.response;
    for (const [name, value] of Object.entries(answer.headers)) response?.setHeader(name, value);
  }
  return new FaultException(fault, answer);
}
