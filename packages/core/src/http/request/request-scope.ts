import { type RequestStates } from './request-states.js';
import { type Authentication, type Principal } from '../../principal.js';

/**
 * Gives code anywhere in the application the principal of the request being served.
 *
 * @example
 * constructor(private readonly scope: RequestScope) {}
 * audit(): void {
 *   console.log(this.scope.principal?.subject, this.scope.transactionId);
 * }
 */
export class RequestScope {
  readonly #states: RequestStates;

  constructor(states: RequestStates) {
    this.#states = states;
  }

  /** Undefined outside a request and for an unauthenticated request. Contains the token: never log it. */
  get authentication(): Authentication | undefined {
    return this.#states.current()?.authentication;
  }

  /** Undefined outside a request and for an unauthenticated request. */
  get principal(): Principal | undefined {
    return this.authentication?.principal;
  }

  /** The ID that all calls of the chain share. Undefined without a principal. */
  get transactionId(): string | undefined {
    return this.principal?.transactionId;
  }

  /**
   * The milliseconds until the caller stops waiting; 0 or less if it has stopped. Undefined if the caller set no limit, after the
   * response was sent, and without a principal.
   */
  get remainingMs(): number | undefined {
    const state = this.#states.current();
    return state?.authentication === undefined ? undefined : state.remainingMs();
  }

  /** Whether every request has a scope, because the option `requestScope` is `always`. */
  get isAlwaysOpen(): boolean {
    return this.#states.isAlwaysOpen;
  }
}
