import { type RequestStates } from './request-states.js';
import { type Authentication, type Principal } from '../../principal.js';

/** Tells code anywhere in the application which principal the request that is being answered has. */
export class RequestScope {
  readonly #states: RequestStates;

  constructor(states: RequestStates) {
    this.#states = states;
  }

  /** Undefined outside of a request, and for a request that is not authenticated. Holds the token: never log it. */
  get authentication(): Authentication | undefined {
    return this.#states.current()?.authentication;
  }

  /** Undefined outside of a request, and for a request that is not authenticated. */
  get principal(): Principal | undefined {
    return this.authentication?.principal;
  }

  /** The id that all calls of the chain share. Undefined where there is no principal. */
  get transactionId(): string | undefined {
    return this.principal?.transactionId;
  }

  /**
   * Milliseconds until the caller stops waiting; 0 or less when it has stopped. Undefined when the caller set no limit, when
   * the answer is sent, and where there is no principal.
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
