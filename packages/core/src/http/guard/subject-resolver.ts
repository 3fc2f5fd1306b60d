import { type Principal } from '../../principal.js';

/** The application's own record of a user. */
export interface ResolvedSubject {
  /** The user object, available to handlers as `principal.user`. */
  readonly user: unknown;
  /** The roles of the user in the application's own records. They replace the roles of the token. */
  readonly roles: readonly string[];
}

/**
 * Loads the application's own user for a principal; see the option `subjects`. Called once for each authenticated request of a
 * user, before requirements are checked; never for a service that acts for itself.
 */
export interface SubjectResolver {
  /** @returns undefined if the subject is unknown: the request is refused with `subject_unknown`. */
  resolve(principal: Principal): Promise<ResolvedSubject | undefined>;
}
