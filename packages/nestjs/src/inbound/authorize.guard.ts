import {
  type CanActivate,
  type ExecutionContext,
  Inject,
  Injectable,
  type OnModuleInit,
} from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import {
  authorize,
  CountersignError,
  type Authentication,
  type Principal,
  type Verifier,
} from '@countersign/core';
import { type ResolvedOptions } from '../countersign.options.js';
import { COUNTERSIGN_OPTIONS, VERIFIER } from '../countersign.tokens.js';
import { letIn } from './current-principal.js';
import { InboundDecisions } from './inbound-decisions.js';
import { rawRequestOf, RequestStates } from './request-scope.js';
import { type RouteRule } from './requirements.js';
import { provided, RouteRules } from './route-rules.js';
import { MARK_SPAN, type MarkSpan } from './span-attributes.js';
import { type SubjectResolver } from './subject-resolver.js';

/**
 * Judges what an authenticated principal may do (steps 9 to 11 of `docs/inbound.md`), in this order: the application's
 * own user, the route's requirements, its policies, and the single use of the token. The last one writes, so a request
 * that is refused changes nothing.
 */
@Injectable()
export class AuthorizeGuard implements CanActivate, OnModuleInit {
  #subjects: SubjectResolver | undefined;

  constructor(
    private readonly rules: RouteRules,
    private readonly states: RequestStates,
    private readonly decisions: InboundDecisions,
    private readonly moduleRef: ModuleRef,
    @Inject(VERIFIER) private readonly verifier: Verifier,
    @Inject(COUNTERSIGN_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(MARK_SPAN) private readonly markSpan: MarkSpan,
  ) {}

  /** @throws CountersignError `config_invalid` when nobody provides the subject resolver. */
  onModuleInit(): void {
    const { subjects } = this.options;
    if (subjects !== undefined) this.#subjects = provided(this.moduleRef, subjects, 'subjects is');
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const rule = this.rules.ruleFor(context);
    if (rule?.access === 'public') return true;
    try {
      await this.#authorize(context, rule);
    } catch (fault) {
      this.decisions.refused(context, fault);
      throw fault;
    }
    this.decisions.allowed(context);
    return true;
  }

  async #authorize(context: ExecutionContext, rule: RouteRule | undefined): Promise<void> {
    const state = this.states.of(rawRequestOf(context));
    if (state?.authentication === undefined) {
      if (rule?.access === 'optional') return;
      throw new CountersignError('token_missing', 'the request was not authenticated');
    }
    const principal = await this.#resolve(state.authentication);
    state.authentication = { ...state.authentication, principal };
    if (rule?.access !== 'optional') authorize(principal, rule?.requirements ?? []);
    for (const type of rule?.policies ?? []) {
      if (!(await this.rules.policy(type).permits(principal, context))) {
        throw new CountersignError('policy_refused', `${type.name} does not permit it`);
      }
    }
    await this.verifier.useOnce(state.authentication);
    letIn(context, principal);
    this.markSpan(principal);
  }

  async #resolve({ principal }: Authentication): Promise<Principal> {
    if (this.#subjects === undefined || principal.subjectKind !== 'user') return principal;
    const resolved = await this.#subjects.resolve(principal);
    if (resolved === undefined)
      throw new CountersignError('subject_unknown', 'the subject resolver knows no such user');
    return { ...principal, user: resolved.user, roles: new Set(resolved.roles) };
  }
}
