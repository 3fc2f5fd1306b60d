import { CountersignError } from '../errors.js';
import { type Authentication } from '../principal.js';
import { letsAct } from '../token.js';
import { type Destination } from './destination.js';
import { type TokenRequest } from './token-source.js';

/**
 * The destination of a call whose code says for whom it is made. What is minted follows the code; any other token is
 * for one of the two only.
 * @throws CountersignError `config_invalid` when the code contradicts the destination; `destination_unknown` when there
 * is none that could be called for somebody.
 */
export function withOnBehalfOf(
  onBehalfOf: Destination['onBehalfOf'] | undefined,
  destination: Destination | undefined,
  url: URL,
): Destination | undefined {
  if (onBehalfOf === undefined) return destination;
  if (destination === undefined) {
    const problem = `no destination is declared for ${url.origin}, so it cannot be called for a ${onBehalfOf}`;
    throw new CountersignError('destination_unknown', problem);
  }
  if (destination.onBehalfOf === onBehalfOf) return destination;
  if (destination.authorize !== 'mint') {
    const { name, authorize, onBehalfOf: declared } = destination;
    const problem = `${name} is declared to be called for a ${declared} by ${authorize}, not for a ${onBehalfOf}`;
    throw new CountersignError('config_invalid', problem);
  }
  const delegationProof = destination.delegationProof && onBehalfOf === 'user';
  return Object.freeze({ ...destination, onBehalfOf, delegationProof });
}

/**
 * The user for whom a call is made. There is no fallback: a lost user never becomes a call as the service itself.
 * @throws CountersignError `user_context_missing`.
 */
export function requireUser(request: TokenRequest): Authentication {
  const { authentication, destination } = request;
  if (authentication === undefined) {
    const advice = 'call it while a request is served, or declare onBehalfOf: "service"';
    throw new CountersignError(
      'user_context_missing',
      `${destination.name} is called for a user, and there is none; ${advice}`,
    );
  }
  if (authentication.principal.subjectKind !== 'user') {
    throw new CountersignError(
      'user_context_missing',
      `${destination.name} is called for a user, but a service asked`,
    );
  }
  return authentication;
}

/**
 * Work may go on after the request that caused it.
 * @throws CountersignError `caller_token_expired`.
 */
export function refuseExpired({ principal }: Authentication, now: number): void {
  if (principal.expiresAt <= now)
    throw new CountersignError('caller_token_expired', "the caller's token expired before this call");
}

/**
 * Refuses a call in the name of the caller's token when that token lets another party act for its subject (`may_act`,
 * RFC 8693 section 4.4). What this service does in its own name is not concerned.
 * @throws CountersignError `delegation_not_allowed`.
 */
export function refuseOtherActor(request: TokenRequest, service: string): void {
  const { authentication, destination } = request;
  const isOurOwn = destination.onBehalfOf === 'service' && destination.authorize !== 'propagate';
  if (authentication === undefined || isOurOwn) return;
  if (letsAct(authentication.mayAct, service) || namesOurClient(authentication, destination)) return;
  const problem = `the caller's token lets somebody else act, so ${destination.name} is not called with it`;
  throw new CountersignError('delegation_not_allowed', problem);
}

/** To the server that exchanges its own token we are the client that it knows. */
function namesOurClient(
  { mayAct, principal }: Authentication,
  { authorizationServer: server }: Destination,
): boolean {
  if (mayAct === undefined || server === undefined) return false;
  return mayAct.subject === server.clientId && (mayAct.issuer ?? principal.caller.issuer) === server.issuer;
}

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
export function withScopes(
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
