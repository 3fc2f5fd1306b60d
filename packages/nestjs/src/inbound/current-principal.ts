import { type ExecutionContext } from '@nestjs/common';
import { type Principal } from '@countersign/core';
import { rawRequestOf } from './request-scope.js';

/** The principals of requests that were let in: parameter decorators have no access to injected providers. */
const principals = new WeakMap<object, Principal>();

/** Remembers who was let in, for as long as the request lives. */
export function letIn(context: ExecutionContext, principal: Principal): void {
  principals.set(rawRequestOf(context), principal);
}

/** Who was let in to the handler of this context. */
export function currentPrincipal(context: ExecutionContext): Principal | undefined {
  return context.getType() === 'http' ? principals.get(rawRequestOf(context)) : undefined;
}
