import { type ExecutionContext } from '@nestjs/common';
import { type Authentication, type Verifier } from '@countersign/core';
import { SentRequest, type RequestStates } from '@countersign/core/http';
import { requestOf } from '../request/handled-request.js';

export interface AuthenticateRequestParts {
  readonly verifier: Verifier;
  readonly states: RequestStates;
}

/**
 * Finds out who calls (steps 1 to 8 of `docs/inbound.md`), as the strategy of this module does for guards of the application.
 * Makes no promise where nothing has to be waited for, as for a token that is recalled. Does not judge what the caller may do.
 * @throws CountersignError `raw_body_unavailable`, and the code of the step that fails.
 */
export function authenticateRequest(
  { verifier, states }: AuthenticateRequestParts,
  context: ExecutionContext,
): Authentication | Promise<Authentication> {
  const request = requestOf(context);
  const state = states.required(request);
  // Known already where a guard of the application, which ran before, used the strategy.
  const answer = state.authentication ?? verifier.authenticate(new SentRequest(state, request));
  return 'then' in answer ? answer.then(accept) : accept(answer);

  function accept(authentication: Authentication): Authentication {
    state.authentication = authentication;
    request.user = authentication.principal;
    return authentication;
  }
}
