import { type ExecutionContext } from '@nestjs/common';
import { type Principal } from '@countersign/core';

/** The application's own record of a user. */
export interface ResolvedSubject {
  /** The user object, available to handlers as `principal.user`. */
  readonly user: unknown;
  /** The roles of the user in the application's own records. They replace the roles of the token. */
  readonly roles: readonly string[];
}

/**
 * Loads the application's own user for a principal. Implement it as a provider and name it in the option `subjects`.
 * Called once for each authenticated request of a user, before requirements are checked; never for a service that acts for
 * itself.
 */
export interface SubjectResolver {
  /** @returns undefined if the subject is unknown: the request is refused with `subject_unknown`. */
  resolve(principal: Principal): Promise<ResolvedSubject | undefined>;
}

/**
 * A rule of your own for a route, such as "may this principal see this record?". Implement it as a provider and name it with
 * `@Policies(...)`. It is checked after the other requirements of the route.
 */
export interface HandlerPolicy {
  /** @returns false to refuse the request with `policy_refused`. An exception is passed on unchanged. */
  permits(principal: Principal, context: ExecutionContext): boolean | Promise<boolean>;
}
