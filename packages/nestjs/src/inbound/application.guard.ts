import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { CountersignError, type Authentication, type Verifier } from '@countersign/core';
import { RequestStates } from '@countersign/core/http';
import { VERIFIER } from '../countersign.tokens.js';
import { authenticateRequest, type AuthenticateRequestParts } from './authenticate-request.js';
import { RequestAuthorizer } from './authorize-request.js';
import { refuse } from '../faults/grpc-calls.js';
import { PASSED, type Passed } from './handler.guard.js';
import { InboundDecisions } from '../telemetry/inbound-decisions.js';
import { isHttp } from '../request/handled-request.js';
import { Refusals } from '../faults/refusals.js';
import { type RouteRule } from './requirements.js';
import { RouteRules } from './route-rules.js';

/**
 * Stands before every handler of the application: lets it run, or refuses it with an exception in the form of its transport.
 * First who calls, then what the caller may do. One decision is recorded for each handler that is not public.
 */
@Injectable()
export class ApplicationGuard implements CanActivate {
  readonly #authenticating: AuthenticateRequestParts;

  constructor(
    private readonly rules: RouteRules,
    private readonly authorizer: RequestAuthorizer,
    private readonly decisions: InboundDecisions,
    private readonly refusals: Refusals,
    states: RequestStates,
    @Inject(VERIFIER) verifier: Verifier,
  ) {
    this.#authenticating = { states, verifier };
  }

  /** Makes no promise where nothing has to be waited for. It may be asked twice about one handler, and judges once. */
  canActivate(context: Passed): boolean | Promise<boolean> {
    if (context[PASSED] === this) return true;
    try {
      const rule = this.rules.ruleFor(context);
      if (rule?.access === 'public') return this.#pass(context);
      const judged = this.#judge(context, rule);
      if (judged === undefined) return this.#allow(context);
      return judged.then(
        () => this.#allow(context),
        (fault: unknown) => this.#refuse(fault, context),
      );
    } catch (fault) {
      return this.#refuse(fault, context);
    }
  }

  #judge(context: Passed, rule: RouteRule | undefined): undefined | Promise<void> {
    refuseOtherTransports(context);
    const authenticated = this.#authenticate(context, rule);
    if (authenticated === undefined) return undefined;
    if (!('then' in authenticated)) return this.authorizer.authorize(context, rule);
    return authenticated.then(async (authentication) => {
      if (authentication !== undefined) await this.authorizer.authorize(context, rule);
    });
  }

  /** Undefined where nobody asks to be authenticated, and nobody has to be. */
  #authenticate(context: Passed, rule: RouteRule | undefined): Awaitable<Authentication | undefined> {
    if (rule?.access !== 'optional') return authenticateRequest(this.#authenticating, context);
    try {
      const authenticated = authenticateRequest(this.#authenticating, context);
      return 'then' in authenticated ? authenticated.catch(throwUnlessTokenMissing) : authenticated;
    } catch (fault) {
      throwUnlessTokenMissing(fault);
      return undefined;
    }
  }

  #allow(context: Passed): true {
    this.decisions.allowed(context);
    return this.#pass(context);
  }

  #pass(context: Passed): true {
    context[PASSED] = this;
    return true;
  }

  #refuse(thrown: unknown, context: Passed): Promise<never> {
    const fault = isUnnamed(context) ? unsupported(UNNAMED, thrown) : thrown;
    const instance = this.decisions.refused(context, fault);
    if (!(fault instanceof CountersignError)) throw fault;
    return refuse(this.refusals.raised(fault, instance, context), fault, context);
  }
}

type Awaitable<Value> = Value | Promise<Value>;

function refuseOtherTransports(context: ExecutionContext): void {
  const transport: string = context.getType();
  if (transport !== 'http') throw unsupported(`handlers of the ${transport} transport`);
}

/** Found out when the request is refused for it: to look at each costs time. */
function isUnnamed(context: ExecutionContext): boolean {
  return context.getType() === 'http' && !isHttp(context);
}

const UNNAMED = 'handlers that a library runs without an HTTP request, and without naming a type of context,';

function unsupported(handlers: string, cause?: unknown): CountersignError {
  return new CountersignError(
    'transport_unsupported',
    `${handlers} cannot be guarded yet, unless they are public`,
    { cause },
  );
}

/** Passes over the fault that says that no token was sent. */
function throwUnlessTokenMissing(fault: unknown): undefined {
  if (!(fault instanceof CountersignError) || fault.code !== 'token_missing') throw fault;
}
