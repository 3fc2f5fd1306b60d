import { type ExecutionContext, Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import {
  authorize,
  CountersignError,
  type Authentication,
  type Principal,
  type Verifier,
} from '@countersign/core';
import { RequestStates, type RequestState } from '@countersign/core/http';
import { frozenSet } from '@countersign/core/adapter';
import { type ResolvedOptions } from '../countersign.options.js';
import { COUNTERSIGN_OPTIONS, VERIFIER } from '../countersign.tokens.js';
import { requestOf } from '../request/handled-request.js';
import { type RouteRule } from './requirements.js';
import { provided, RouteRules, UNCLEAR } from './route-rules.js';
import { MARK_SPAN, type MarkSpan } from '../telemetry/span-attributes.js';
import { type SubjectResolver } from '../countersign.extensions.js';

/**
 * Judges what an authenticated principal may do (steps 9 to 11 of `docs/inbound.md`), in this order: the application's
 * own user, the route's requirements, its policies, and the single use of the token. The last one writes, so a request
 * that is refused changes nothing.
 */
@Injectable()
export class RequestAuthorizer implements OnModuleInit {
  #subjects: SubjectResolver | undefined;

  constructor(
    private readonly rules: RouteRules,
    private readonly states: RequestStates,
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

  /**
   * Makes no promise where nothing has to be waited for: no subject to load, no policy, no single use of a token or a proof.
   * @throws CountersignError with the code of the step that fails, and whatever a policy or the subject resolver throws.
   */
  authorize(context: ExecutionContext, rule: RouteRule | undefined): undefined | Promise<void> {
    if (rule === UNCLEAR) throw unclear(context);
    const state = this.#stateOf(context);
    if (this.#mustWait(state, rule)) return this.#authorizeLater(context, state, rule);
    const { principal } = state.authentication;
    if (rule?.access !== 'optional') authorize(principal, rule?.requirements ?? []);
    this.#setPrincipal(state, principal);
    return undefined;
  }

  #stateOf(context: ExecutionContext): AuthenticatedState {
    const state = this.states.of(requestOf(context));
    if (state !== undefined && isAuthenticated(state)) return state;
    throw new CountersignError('token_missing', 'the request was not authenticated');
  }

  #mustWait({ authentication, isUsed }: AuthenticatedState, rule: RouteRule | undefined): boolean {
    const { principal, singleUse, proofUse } = authentication;
    const isLoaded = this.#subjects !== undefined && principal.subjectKind === 'user';
    const isNoted = !isUsed && (singleUse !== undefined || proofUse !== undefined);
    return isLoaded || isNoted || (rule?.policies.length ?? 0) > 0;
  }

  async #authorizeLater(
    context: ExecutionContext,
    state: AuthenticatedState,
    rule: RouteRule | undefined,
  ): Promise<void> {
    const principal = await this.#resolve(state.authentication);
    if (principal !== state.authentication.principal) {
      state.authentication = { ...state.authentication, principal };
      requestOf(context).user = principal;
    }
    if (rule?.access !== 'optional') authorize(principal, rule?.requirements ?? []);
    for (const type of rule?.policies ?? []) {
      if (!(await this.rules.policy(type).permits(principal, context))) {
        throw new CountersignError('policy_refused', `${type.name} does not permit it`);
      }
    }
    if (!state.isUsed) await this.verifier.useOnce(state.authentication);
    this.#setPrincipal(state, principal);
  }

  #setPrincipal(state: RequestState, principal: Principal): void {
    state.principal = principal;
    this.markSpan(principal);
  }

  async #resolve({ principal }: Authentication): Promise<Principal> {
    if (this.#subjects === undefined || principal.subjectKind !== 'user') return principal;
    const resolved = await this.#subjects.resolve(principal);
    if (resolved === undefined)
      throw new CountersignError('subject_unknown', 'the subject resolver knows no such user');
    return { ...principal, user: resolved.user, roles: frozenSet(resolved.roles) };
  }
}

/** The state of a request of which it is known who calls. */
interface AuthenticatedState extends RequestState {
  authentication: Authentication;
}

function isAuthenticated(state: RequestState): state is AuthenticatedState {
  return state.authentication !== undefined;
}

function unclear(context: ExecutionContext): CountersignError {
  return new CountersignError(
    'policy_missing',
    `a function that cannot be matched to a method of ${context.getClass().name} replaces one of its handlers. Let a ` +
      'decorator put it there, not the constructor, or state on a class for these handlers who may call any of them.',
  );
}
