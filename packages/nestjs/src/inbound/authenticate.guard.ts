import { type CanActivate, type ExecutionContext } from '@nestjs/common';
import { CountersignError, type Authentication, type Verifier } from '@countersign/core';
import { setUser } from './current-principal.js';
import { type InboundDecisions } from './inbound-decisions.js';
import { requestOf } from './luggage.js';
import { type RequestStates } from './request-scope.js';
import { type RouteRule } from './requirements.js';
import { type RouteRules } from './route-rules.js';
import { SentRequest } from './sent-request.js';

export interface AuthenticateGuardParts {
  readonly verifier: Verifier;
  readonly rules: RouteRules;
  readonly states: RequestStates;
  readonly decisions: InboundDecisions;
}

/**
 * Makes the guard that finds out who calls (steps 1 to 8 of `docs/inbound.md`), as the strategy of this module does for guards
 * of the application: a request with a token that is recalled is let through without a promise. Does not judge what the
 * caller may do: the authorize guard comes right after it.
 * @throws CountersignError `transport_unsupported`, `raw_body_unavailable`, and the code of the step that fails.
 */
export function authenticateGuard({
  verifier,
  rules,
  states,
  decisions,
}: AuthenticateGuardParts): CanActivate {
  return {
    canActivate(context: ExecutionContext): boolean | Promise<boolean> {
      const access = rules.ruleFor(context)?.access;
      try {
        refuseOtherTransports(context);
        if (access === 'public') return true;
        const answer = authenticateHere(context);
        return answer === true ? true : answer.catch((fault: unknown) => mayGoOn(fault, access, context));
      } catch (fault) {
        return mayGoOn(fault, access, context);
      }
    },
  };

  /** Does what passport would do with the strategy. Makes no promise where nothing has to be waited for. */
  function authenticateHere(context: ExecutionContext): true | Promise<true> {
    const request = requestOf(context);
    const state = states.required(request);
    // Known already where a guard of the application, which ran before, used the strategy.
    const answer = state.authentication ?? verifier.authenticateNow(new SentRequest(state));
    return 'then' in answer ? answer.then(accept) : accept(answer);

    function accept(authentication: Authentication): true {
      state.authentication = authentication;
      setUser(request, authentication.principal);
      return true;
    }
  }

  /** @throws the fault, unless it says that nobody asks to be authenticated where nobody has to be. */
  function mayGoOn(fault: unknown, access: Access, context: ExecutionContext): true {
    if (access === 'optional' && isTokenMissing(fault)) return true;
    if (access !== 'public') decisions.refused(context, fault);
    throw fault;
  }
}

type Access = RouteRule['access'] | undefined;

function refuseOtherTransports(context: ExecutionContext): void {
  const transport: string = context.getType();
  if (transport === 'http') return;
  throw new CountersignError(
    'transport_unsupported',
    `handlers of the ${transport} transport cannot be guarded yet`,
  );
}

function isTokenMissing(fault: unknown): boolean {
  return fault instanceof CountersignError && fault.code === 'token_missing';
}
