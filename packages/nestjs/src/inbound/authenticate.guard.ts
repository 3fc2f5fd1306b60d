import { type CanActivate, type ExecutionContext } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import { CountersignError, type Principal } from '@countersign/core';
import { type InboundDecisions } from './inbound-decisions.js';
import { rawRequestOf, type RequestStates } from './request-scope.js';
import { type RouteRules } from './route-rules.js';

export interface AuthenticateGuardParts {
  /** The passport strategy of this module. */
  readonly strategyName: string;
  readonly rules: RouteRules;
  readonly states: RequestStates;
  readonly decisions: InboundDecisions;
}

/**
 * Makes the guard that finds out who calls (steps 1 to 8 of `docs/inbound.md`): `AuthGuard` of @nestjs/passport
 * with this module's strategy. Does not judge what the caller may do: the authorize guard comes right after it.
 * @throws CountersignError `transport_unsupported`, and the code of the step that fails.
 */
export function authenticateGuard({
  strategyName,
  rules,
  states,
  decisions,
}: AuthenticateGuardParts): CanActivate {
  class AuthenticateGuard extends AuthGuard(strategyName) {
    override async canActivate(context: ExecutionContext): Promise<boolean> {
      const access = rules.ruleFor(context)?.access;
      try {
        refuseOtherTransports(context);
        if (access === 'public') return true;
        const state = states.of(rawRequestOf(context));
        if (state !== undefined) state.guarded = true;
        await super.canActivate(context);
        return true;
      } catch (fault) {
        if (access === 'optional' && isTokenMissing(fault)) return true;
        if (access !== 'public') decisions.refused(context, fault);
        throw fault;
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
}

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
