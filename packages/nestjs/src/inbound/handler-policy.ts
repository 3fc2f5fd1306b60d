import { type ExecutionContext } from '@nestjs/common';
import { type Principal } from '@countersign/core';

/**
 * The application's own rule for a route, such as "may this principal see this record?".
 * A provider of the application, named by `@Policies(...)`; judged after the route's other requirements hold.
 */
export interface HandlerPolicy {
  /** @returns false to refuse the request with `policy_refused`. An exception that it throws is answered as it is. */
  permits(principal: Principal, context: ExecutionContext): boolean | Promise<boolean>;
}
