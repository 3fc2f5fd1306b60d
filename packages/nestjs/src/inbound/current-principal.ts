import { type ExecutionContext } from '@nestjs/common';
import { type Principal } from '@countersign/core';
import { PRINCIPAL, rawRequestOf } from './request-scope.js';

/** Remembers who was let in, on the request itself: parameter decorators have no access to injected providers. */
export function letIn(context: ExecutionContext, principal: Principal): void {
  rawRequestOf(context)[PRINCIPAL] = principal;
}

/** Who was let in to the handler of this context. */
export function currentPrincipal(context: ExecutionContext): Principal | undefined {
  return context.getType() === 'http' ? rawRequestOf(context)[PRINCIPAL] : undefined;
}
