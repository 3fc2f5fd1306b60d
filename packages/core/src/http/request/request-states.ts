import { AsyncLocalStorage } from 'node:async_hooks';
import { type IncomingHttpHeaders } from 'node:http';
import { systemClock, type Clock } from '../../clock.js';
import { CountersignError } from '../../errors.js';
import { type Verifier } from '../../inbound/verifier.js';
import {
  emptyBody,
  isHandedOver,
  tapBody,
  type WireBody,
  type WireBodyOptions,
} from '../../inbound/wire-body.js';
import { completeRawHeaders, platformBody } from './handed-over.js';
import { remainingTime } from './remaining-time.js';
import {
  attachedState,
  attachState,
  type AnswerThrown,
  type HandledRequest,
  type RawRequest,
  type RawResponse,
  type RequestState,
  type StateOwner,
} from './request-state.js';

/** The options of `RequestStates`. */
export interface RequestStatesOptions {
  /** The verifier of this service. */
  readonly verifier: Pick<Verifier, 'hashesMd5'>;
  /** The maximum size of a body in bytes, unless its route has a limit of its own; a larger one is refused with `body_too_large`. Default 1,048,576. */
  readonly maxBodyBytes?: number;
  /**
   * The property of the request in which a platform left the body as it was sent, as octets or text, such as `rawBody` on Google
   * Cloud Functions (`docs/serverless.md`). Looked at where the request was read before. What a parser made of a body is never taken for it. Default: none.
   */
  readonly rawBodyProperty?: string;
  /** The source of time. Default: the system clock. */
  readonly clock?: Clock;
  /** `always`: every request runs in an async scope, even after `closeScopes()`. Default `auto`. */
  readonly requestScope?: 'auto' | 'always';
  /** Answers faults for code that has only the request, such as an exception filter. Default: none. */
  readonly answerThrown?: AnswerThrown;
}

/**
 * Keeps the state of each request of an application while it is served. Code finds it by the request, or in the async scope of
 * the request. Does not authenticate: pass a `SentRequest` to a verifier and set `authentication`.
 *
 * @example
 * const states = new RequestStates({ verifier });
 * createServer((request, response) => states.enter(request, response, () => void handle(request, response)));
 */
export class RequestStates implements StateOwner {
  readonly answerThrown: AnswerThrown | undefined;
  /** Whether `closeScopes` changes nothing. */
  readonly isAlwaysOpen: boolean;
  readonly #clock: Clock;
  readonly #bodies: WireBodyOptions;
  readonly #rawBodyProperty: string | undefined;
  /** Entered by `run` only: `enterWith` would leak one user into the next request of a keep-alive connection. */
  readonly #storage = new AsyncLocalStorage<RequestState>();
  /** Shared by all requests without a body, which are most. */
  readonly #noBody: WireBody;
  #hasScopes = true;

  constructor(options: RequestStatesOptions) {
    const { verifier, clock = systemClock, maxBodyBytes = 1_048_576, requestScope = 'auto' } = options;
    this.answerThrown = options.answerThrown;
    this.isAlwaysOpen = requestScope === 'always';
    this.#clock = clock;
    this.#rawBodyProperty = options.rawBodyProperty;
    this.#bodies = { maxBodyBytes, hashMd5: verifier.hashesMd5 };
    this.#noBody = emptyBody(this.#bodies);
  }

  /**
   * Stops opening async scopes, for an application that never reads them. On Node 20 a scope is a hook for every promise and
   * tick of the process, and costs more than all the checks of a recalled token. Has no effect with `requestScope: 'always'`.
   */
  closeScopes(): void {
    this.#hasScopes = this.isAlwaysOpen;
  }

  /**
   * Runs `next` in the scope of the request. The first call for a request makes its state and starts to hash its body: call it
   * before anything reads the body. Call it again where a framework has left the scope.
   */
  enter(request: RawRequest, response: RawResponse, next: () => void): void {
    const attached = attachedState(request);
    const state = this.#own(attached) ?? this.#begin(request, response, attached);
    if (!this.#hasScopes || this.#storage.getStore() === state) next();
    else this.#storage.run(state, next);
  }

  /** The state of a request; undefined for a request that never passed `enter`. */
  of(request: HandledRequest): RequestState | undefined {
    return this.#own(attachedState(request));
  }

  /**
   * The state of a request.
   * @throws CountersignError `raw_body_unavailable` for a request that never passed `enter`.
   */
  required(request: HandledRequest): RequestState {
    const state = this.of(request);
    if (state !== undefined) return state;
    throw new CountersignError(
      'raw_body_unavailable',
      'the request did not pass the adapter that Countersign opened',
    );
  }

  /**
   * The state of the request that is being answered; undefined outside of one.
   * @throws CountersignError `config_invalid` where requests have no scope.
   */
  current(): RequestState | undefined {
    if (this.#hasScopes) return this.#storage.getStore();
    throw new CountersignError(
      'config_invalid',
      "requests have no scope, since nothing that reads it is injected; set requestScope: 'always' to read it in another way",
    );
  }

  #own(attached: RequestState | undefined): RequestState | undefined {
    let state = attached;
    while (state !== undefined && state.owner !== this) state = state.outer;
    return state;
  }

  #begin(request: RawRequest, response: RawResponse, outer: RequestState | undefined): RequestState {
    completeRawHeaders(request);
    const { headers } = request;
    const state: RequestState = {
      owner: this,
      outer,
      request,
      response,
      body: this.#bodyOf(request, response, headers),
      remainingMs: remainingTime(headers, response, this.#clock),
      token: outer?.token,
      authentication: undefined,
      used: undefined,
      isResolved: false,
      principal: undefined,
      user: outer?.user,
    };
    attachState(request, state);
    return state;
  }

  #bodyOf(request: RawRequest, response: RawResponse, headers: IncomingHttpHeaders): WireBody {
    const ready = platformBody(request, this.#rawBodyProperty, this.#bodies);
    if (ready !== undefined) return ready;
    return hasBody(request, headers) ? tapBody(request, this.#bodies, response) : this.#noBody;
  }
}

/** RFC 9112 section 6.3: without either header an HTTP/1 request has no body. HTTP/2 needs neither, nor do platforms that are no server. */
function hasBody(request: RawRequest, headers: IncomingHttpHeaders): boolean {
  if (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0) return true;
  return request.httpVersionMajor > 1 || isHandedOver(request);
}
