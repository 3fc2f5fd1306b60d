import { type CanActivate, type ExecutionContext } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import { CountersignError, type Authentication, type Principal, type Verifier } from '@countersign/core';
import { setUser } from './current-principal.js';
import { type InboundDecisions } from './inbound-decisions.js';
import { rawRequestOf, type RawRequest, type RequestState, type RequestStates } from './request-scope.js';
import { type RouteRule } from './requirements.js';
import { type RouteRules } from './route-rules.js';
import { authenticateNow } from './service-jwt.strategy.js';

export interface AuthenticateGuardParts {
  /** The passport strategy of this module. */
  readonly strategyName: string;
  readonly verifier: Verifier;
  readonly rules: RouteRules;
  readonly states: RequestStates;
  readonly decisions: InboundDecisions;
}

/**
 * Makes the guard that finds out who calls (steps 1 to 8 of `docs/inbound.md`): `AuthGuard` of @nestjs/passport
 * with this module's strategy, which does the same as this guard does where it can: here, a request with a token that is
 * recalled is let through without a promise. Does not judge what the caller may do: the authorize guard comes right after it.
 * @throws CountersignError `transport_unsupported`, and the code of the step that fails.
 */
export function authenticateGuard({
  strategyName,
  verifier,
  rules,
  states,
  decisions,
}: AuthenticateGuardParts): CanActivate {
  class AuthenticateGuard extends AuthGuard(strategyName) {
    override canActivate(context: ExecutionContext): boolean | Promise<boolean> {
      const access = rules.ruleFor(context)?.access;
      try {
        refuseOtherTransports(context);
        if (access === 'public') return true;
        const raw = rawRequestOf(context);
        const state = states.of(raw);
        if (state !== undefined) {
          const answer = authenticateHere(context, raw, state, verifier);
          return answer === true ? true : answer.catch((fault: unknown) => mayGoOn(fault, access, context));
        }
      } catch (fault) {
        return mayGoOn(fault, access, context);
      }
      return this.waitForStrategy(context, access);
    }

    async waitForStrategy(context: ExecutionContext, access: Access): Promise<boolean> {
      try {
        await super.canActivate(context);
        return true;
      } catch (fault) {
        return mayGoOn(fault, access, context);
      }
    }

    /** Passport hands over what the strategy said: an error, a principal, or why it has none. */
    override handleRequest<User = Principal>(error: unknown, principal: User | false, why: unknown): User {
      if (error instanceof Error) throw error;
      if (error === null && principal !== false) return principal;
      throw why instanceof CountersignError
        ? why
        : new CountersignError('token_missing', 'nobody is authenticated');
    }

    override getAuthenticateOptions() {
      return { session: false };
    }
  }
  return new AuthenticateGuard();

  /** @throws the fault, unless it says that nobody asks to be authenticated where nobody has to be. */
  function mayGoOn(fault: unknown, access: Access, context: ExecutionContext): true {
    if (access === 'optional' && isTokenMissing(fault)) return true;
    if (access !== 'public') decisions.refused(context, fault);
    throw fault;
  }
}

/** Does what passport would do with the strategy. Makes no promise where nothing has to be waited for. */
function authenticateHere(
  context: ExecutionContext,
  raw: RawRequest,
  state: RequestState,
  verifier: Verifier,
): true | Promise<true> {
  state.guarded = true;
  const answer = authenticateNow(raw, state, verifier);
  return 'then' in answer ? answer.then(accept) : accept(answer);

  function accept(authentication: Authentication): true {
    state.authentication = authentication;
    setUser(context, authentication.principal);
    return true;
  }
}

type Access = RouteRule['access'] | undefined;

function refuseOtherTransports(context: ExecutionContext): void {
  const transport: string = context.getType();
  if (transport === 'http') return;
  throw new CountersignError(
    'transport_unsupported',
    `handlers of the ${transport} transport cannot be guarded yet`,
  );
}

function isTokenMissing(fault: unknown): boolean {
  return fault instanceof CountersignError && fault.code === 'token_missing';
}
