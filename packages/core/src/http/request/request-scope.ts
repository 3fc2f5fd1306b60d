import { type RequestStates } from './request-states.js';
import { type Authentication, type Principal } from '../../principal.js';

/** Who is behind the request that is being answered: the way to the principal for services deep in the application. */
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

  /** The id that the whole chain of calls shares. Undefined where there is no principal. */
  get transactionId(): string | undefined {
    return this.principal?.transactionId;
  }

  /**
   * Milliseconds that are left before the caller gives up; 0 or less when it has. Undefined when the caller did not say,
   * when it has its answer, and where there is no principal.
   */
  get remainingMs(): number | undefined {
    const state = this.#states.current();
    return state?.authentication === undefined ? undefined : state.remainingMs();
  }

  /** Whether every request has a scope for certain: by the option `requestScope: 'always'`. */
  get isAlwaysOpen(): boolean {
    return this.#states.isAlwaysOpen;
  }
}
