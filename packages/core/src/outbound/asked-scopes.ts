import { CountersignError } from '../errors.js';
import { type Authentication } from '../principal.js';
import { type Destination } from './destination.js';

/** Where a call carries no token, or one whose scopes are already there. */
const NOT_OURS_TO_CHOOSE: ReadonlySet<Destination['authorize']> = new Set([
  'none',
  'propagate',
  'staticCredential',
]);

/**
 * The destination of a call whose code says which scopes it needs: its token carries exactly these. Without that, a
 * user's token is quietly cut to what the caller's has, and the called service finds out what is missing.
 * @throws CountersignError `scope_escalation` when the caller's token does not have them all; `config_invalid` when the
 * destination's record does not, or its tokens are not ours to choose the scopes of.
 */
export function needing(
  scopes: readonly string[] | undefined,
  destination: Destination | undefined,
  authentication: Authentication | undefined,
): Destination | undefined {
  if (scopes === undefined || destination === undefined) return destination;
  const { name, authorize, onBehalfOf } = destination;
  if (NOT_OURS_TO_CHOOSE.has(authorize)) {
    const problem = `${name} is called by ${authorize}: the scopes of its token cannot be chosen`;
    throw new CountersignError('config_invalid', problem);
  }
  const undeclared = scopes.find((scope) => !destination.scopes.includes(scope));
  if (undeclared !== undefined)
    throw new CountersignError('config_invalid', `${name} has no scope ${undeclared} in its record`);
  if (onBehalfOf === 'user' && authentication !== undefined) refuseEscalation(scopes, name, authentication);
  return Object.freeze({ ...destination, scopes: Object.freeze([...scopes]) });
}

function refuseEscalation(scopes: readonly string[], name: string, { principal }: Authentication): void {
  const missing = scopes.filter((scope) => !principal.scopes.has(scope));
  if (missing.length === 0) return;
  const problem = `the call to ${name} needs ${missing.join(' ')}, which the caller's token does not have`;
  throw new CountersignError('scope_escalation', problem, { requiredScopes: missing });
}
