import { type CanActivate, type ExecutionContext, Inject, Injectable, type Type } from '@nestjs/common';
import { CountersignError, type Verifier } from '@countersign/core';
import { RequestGuard } from '@countersign/core/adapter';
import { RequestStates } from '@countersign/core/http';
import { VERIFIER } from '../countersign.tokens.js';
import { type HandlerPolicy } from '../countersign.extensions.js';
import { refuse } from '../faults/grpc-calls.js';
import { Refusals } from '../faults/refusals.js';
import { isHttp, requestOf } from '../request/handled-request.js';
import { InboundDecisions } from '../telemetry/inbound-decisions.js';
import { MARK_SPAN, type MarkSpan } from '../telemetry/span-attributes.js';
import { ApplicationSubjects } from './application-subjects.js';
import { PASSED, type Passed } from './handler.guard.js';
import { RouteRules } from './route-rules.js';

/**
 * Stands before every handler of the application: lets it run, or refuses it with an exception in the form of its transport.
 * What is checked, and in which order, is the guard of core. One decision is recorded for each handler that is not public.
 */
@Injectable()
export class ApplicationGuard implements CanActivate {
  readonly #guard: RequestGuard<Type<HandlerPolicy>, ExecutionContext>;

  constructor(
    private readonly rules: RouteRules,
    private readonly decisions: InboundDecisions,
    private readonly refusals: Refusals,
    states: RequestStates,
    subjects: ApplicationSubjects,
    @Inject(VERIFIER) verifier: Verifier,
    @Inject(MARK_SPAN) markSpan: MarkSpan,
  ) {
    this.#guard = new RequestGuard({
      verifier,
      states,
      subjects: () => subjects.resolver,
      permits: (policy, principal, context) => rules.policy(policy).permits(principal, context),
      nameOf: ({ name }) => name,
      identified(request, principal) {
        request.user = principal;
      },
      accepted: markSpan,
    });
  }

  /** Makes no promise where nothing has to be waited for. It may be asked twice about one handler, and judges once. */
  canActivate(context: Passed): boolean | Promise<boolean> {
    if (context[PASSED] === this) return true;
    try {
      const rule = this.rules.ruleFor(context);
      if (rule?.access === 'public') return this.#pass(context);
      refuseOtherTransports(context);
      const judged = this.#guard.judge(requestOf(context), rule, context);
      if (judged === undefined) return this.#allow(context);
      return judged.then(
        () => this.#allow(context),
        (fault: unknown) => this.#refuse(fault, context),
      );
    } catch (fault) {
      return this.#refuse(fault, context);
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
