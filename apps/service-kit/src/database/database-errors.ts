import { DrizzleQueryError } from 'drizzle-orm';
import { errorCode } from '../error-code.js';

/** Says whether a query failed because a unique index already holds the value. */
export function isUniqueViolation(error: unknown): boolean {
  return sqlStateOf(error) === '23505';
}

/**
 * Says whether an error of the database driver is the database's own: it was not reached, was shutting down or had
 * no room. Otherwise the query was wrong.
 *
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html classes 08, 53 and 57
 */
export function isDatabaseUnavailable(error: unknown): boolean {
  const state = sqlStateOf(error);
  return state === undefined || /^(08|53|57)/.test(state);
}

/** The server's code; `undefined` when it was the network, or the driver, that failed. */
function sqlStateOf(error: unknown): string | undefined {
  const code = errorCode(error instanceof DrizzleQueryError ? error.cause : error);
  return code !== undefined && /^\d[0-9A-Z]{4}$/.test(code) ? code : undefined;
}
