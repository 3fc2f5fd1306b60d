import { type ExecutionContext } from '@nestjs/common';
import { type Principal } from '@countersign/core';

/** What the application knows about a user. */
export interface ResolvedSubject {
  /** The application's own user, which handlers find at `principal.user`. */
  readonly user: unknown;
  /** The roles in the application's own records. They replace those of the token. */
  readonly roles: readonly string[];
}

/**
 * Loads the application's own user for a principal. A provider of the application, named in the module's `subjects`.
 * Asked once for each authenticated request of a user, before the route's requirements are judged; never for a service,
 * whose roles stay those that its token names.
 */
export interface SubjectResolver {
  /** @returns undefined when the subject is not known here, which refuses the request with `subject_unknown`. */
  resolve(principal: Principal): Promise<ResolvedSubject | undefined>;
}

/**
 * The application's own rule for a route, such as "may this principal see this record?".
 * A provider of the application, named by `@Policies(...)`; judged after the route's other requirements hold.
 */
export interface HandlerPolicy {
  /** @returns false to refuse the request with `policy_refused`. An exception that it throws is answered as it is. */
  permits(principal: Principal, context: ExecutionContext): boolean | Promise<boolean>;
}
