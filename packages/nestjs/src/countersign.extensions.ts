import { type ExecutionContext } from '@nestjs/common';
import { type Principal } from '@countersign/core';

/**
 * A rule of your own for a route, such as "may this principal see this record?". Implement it as a provider and name it with
 * `@Policies(...)`. It is checked after the other requirements of the route.
 */
export interface HandlerPolicy {
  /** @returns false to refuse the request with `policy_refused`. An exception is passed on unchanged. */
  permits(principal: Principal, context: ExecutionContext): boolean | Promise<boolean>;
}
