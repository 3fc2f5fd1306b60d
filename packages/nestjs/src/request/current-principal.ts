import { type ExecutionContext } from '@nestjs/common';
import { type Principal } from '@countersign/core';
import { attachedState, type AttachedState } from './attached-state.js';
import { isHttp, requestOf, type HandledRequest } from './attachments.js';

/** Remembers who was let in, with the request itself: parameter decorators have no access to injected providers. */
export function setPrincipal(state: AttachedState, principal: Principal): void {
  state.principal = principal;
}

/** Sets `request.user`, as AuthGuard does when passport is done. */
export function setUser(request: HandledRequest, principal: Principal): void {
  request.user = principal;
}

/** Who was let in to the handler of this context. */
export function currentPrincipal(context: ExecutionContext): Principal | undefined {
  if (!isHttp(context)) return undefined;
  let state = attachedState(requestOf(context));
  while (state !== undefined && state.principal === undefined) state = state.outer;
  return state?.principal;
}
