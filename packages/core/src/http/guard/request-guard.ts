import { CountersignError } from '../../errors.js';
import { type Verifier } from '../../inbound/verifier.js';
import { isPromise, type Awaitable } from '../../lib/awaitable.js';
import { frozenSet } from '../../lib/frozen-set.js';
import { authorize } from '../../policy/policy.js';
import { type Authentication, type Principal } from '../../principal.js';
import { type HandledRequest, type RequestState } from '../request/request-state.js';
import { type RequestStates } from '../request/request-states.js';
import { SentRequest } from '../request/sent-request.js';
import { type RouteRule } from './statement.js';
import { type SubjectResolver } from './subject-resolver.js';

/** What differs between frameworks, and between applications. */
export interface RequestGuardParts<Policy, Context> {
  readonly verifier: Verifier;
  readonly states: RequestStates;
  /** Loads the application's own user; undefined for none. Asked for each request, since a framework may make it late. */
  readonly subjects: () => SubjectResolver | undefined;
  readonly permits: (policy: Policy, principal: Principal, context: Context) => boolean | Promise<boolean>;
  /** The name of a policy, for the operator. */
  readonly nameOf: (policy: Policy) => string;
  /** Told who calls, before it is judged what the caller may do, and again with the application's own user. */
  readonly identified: (request: HandledRequest, principal: Principal) => void;
  /** Told of each principal whose request was accepted. */
  readonly accepted: (principal: Principal) => void;
}

/**
 * Judges requests: who calls (steps 1 to 8 of `docs/inbound.md`), then the application's own user, the route's requirements, its
 * policies, and the single use of the token (steps 9 to 11). The last one writes, so a request that is refused changes nothing.
 * The checks of every framework: an adapter has none of its own.
 */
export class RequestGuard<Policy, Context> {
  readonly #parts: RequestGuardParts<Policy, Context>;

  constructor(parts: RequestGuardParts<Policy, Context>) {
    this.#parts = parts;
  }

  /**
   * Lets a request pass, or throws. Does not look at public access: whoever calls does.
   * @param rule undefined where nothing is stated: then nobody may call the route.
   * @returns a promise only where something has to be waited for.
   * @throws CountersignError with the code of the step that fails, and whatever a policy or the subject resolver throws.
   */
  judge(
    request: HandledRequest,
    rule: RouteRule<Policy> | undefined,
    context: Context,
  ): undefined | Promise<void> {
    const state = this.#parts.states.required(request);
    if (rule?.maxBodyBytes !== undefined) state.body.limitTo(rule.maxBodyBytes);
    const authenticated = this.#authenticate(state, request, rule);
    if (authenticated === undefined) return undefined;
    if (!isPromise(authenticated)) return this.#authorize(state, request, rule, context);
    return authenticated.then(async (authentication) => {
      if (authentication !== undefined) await this.#authorize(state, request, rule, context);
    });
  }

  /** Undefined where nobody asks to be authenticated, and nobody has to be. */
  #authenticate(
    state: RequestState,
    request: HandledRequest,
    rule: RouteRule<Policy> | undefined,
  ): Awaitable<Authentication | undefined> {
    if (rule?.access !== 'optional') return this.#identify(state, request);
    try {
      const authenticated = this.#identify(state, request);
      return isPromise(authenticated) ? authenticated.catch(throwUnlessTokenMissing) : authenticated;
    } catch (fault) {
      throwUnlessTokenMissing(fault);
      return undefined;
    }
  }

  #identify(state: RequestState, request: HandledRequest): Awaitable<Authentication> {
    // Known already where the application asked before us, or an outer part of a route did.
    const answer = state.authentication ?? this.#parts.verifier.authenticate(new SentRequest(state, request));
    return isPromise(answer)
      ? answer.then((authentication) => this.#identified(state, request, authentication))
      : this.#identified(state, request, answer);
  }

  #identified(state: RequestState, request: HandledRequest, authentication: Authentication): Authentication {
    state.authentication = authentication;
    this.#parts.identified(request, authentication.principal);
    return authentication;
  }

  #authorize(
    state: RequestState,
    request: HandledRequest,
    rule: RouteRule<Policy> | undefined,
    context: Context,
  ): undefined | Promise<void> {
    const { authentication } = state;
    if (authentication === undefined)
      throw new CountersignError('token_missing', 'the request was not authenticated');
    if (rule?.problem !== undefined) throw new CountersignError('policy_missing', rule.problem);
    if (this.#mustWait(state, authentication, rule))
      return this.#authorizeLater(state, authentication, request, rule, context);
    const { principal } = authentication;
    if (rule?.access !== 'optional') authorize(principal, rule?.requirements ?? []);
    this.#accept(state, principal);
    return undefined;
  }

  #mustWait(
    { isResolved, used }: RequestState,
    { principal, singleUse, proofUse }: Authentication,
    rule: RouteRule<Policy> | undefined,
  ): boolean {
    const isLoaded = !isResolved && principal.subjectKind === 'user' && this.#parts.subjects() !== undefined;
    const isNoted = used === undefined && (singleUse !== undefined || proofUse !== undefined);
    return isLoaded || isNoted || (rule?.policies.length ?? 0) > 0;
  }

  async #authorizeLater(
    state: RequestState,
    found: Authentication,
    request: HandledRequest,
    rule: RouteRule<Policy> | undefined,
    context: Context,
  ): Promise<void> {
    const { permits, nameOf, identified, verifier } = this.#parts;
    const principal = state.isResolved ? found.principal : await this.#resolve(found);
    if (principal !== found.principal) {
      state.authentication = { ...found, principal };
      identified(request, principal);
    }
    state.isResolved = true;
    if (rule?.access !== 'optional') authorize(principal, rule?.requirements ?? []);
    for (const policy of rule?.policies ?? []) {
      if (!(await permits(policy, principal, context)))
        throw new CountersignError('policy_refused', `${nameOf(policy)} does not permit it`);
    }
    await (state.used ??= verifier.useOnce(found));
    this.#accept(state, principal);
  }

  #accept(state: RequestState, principal: Principal): void {
    state.principal = principal;
    this.#parts.accepted(principal);
  }

  async #resolve({ principal }: Authentication): Promise<Principal> {
    const subjects = this.#parts.subjects();
    if (subjects === undefined || principal.subjectKind !== 'user') return principal;
    const resolved = await subjects.resolve(principal);
    if (resolved === undefined)
      throw new CountersignError('subject_unknown', 'the subject resolver knows no such user');
    return { ...principal, user: resolved.user, roles: frozenSet(resolved.roles) };
  }
}

/** Passes over the fault that says that no token was sent. */
function throwUnlessTokenMissing(fault: unknown): undefined {
  if (!(fault instanceof CountersignError) || fault.code !== 'token_missing') throw fault;
}
