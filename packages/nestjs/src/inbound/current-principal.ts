import { type ExecutionContext } from '@nestjs/common';
import { type Principal } from '@countersign/core';
import { luggageOf, requestOf, type HandledRequest } from './luggage.js';

/** Under this name a request carries who was let in. */
const PRINCIPAL = Symbol('countersign:principal');

/** Remembers who was let in, with the request itself: parameter decorators have no access to injected providers. */
export function letIn(request: HandledRequest, principal: Principal): void {
  luggageOf<Principal>(request)[PRINCIPAL] = principal;
}

/** Sets `request.user`, as AuthGuard does when passport is done. */
export function setUser(request: HandledRequest, principal: Principal): void {
  request.user = principal;
}

/** Who was let in to the handler of this context. */
export function currentPrincipal(context: ExecutionContext): Principal | undefined {
  if (context.getType() !== 'http') return undefined;
  return luggageOf<Principal>(requestOf(context))[PRINCIPAL];
}
