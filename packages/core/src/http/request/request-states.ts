import { AsyncLocalStorage } from 'node:async_hooks';
import { type IncomingHttpHeaders } from 'node:http';
import { systemClock, type Clock } from '../../clock.js';
import { CountersignError } from '../../errors.js';
import { type Verifier } from '../../inbound/verifier.js';
import { emptyBody, tapBody, type WireBody, type WireBodyOptions } from '../../inbound/wire-body.js';
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

export interface RequestStatesOptions {
  /** Says whether bodies must be hashed twice. */
  readonly verifier: Pick<Verifier, 'hashesMd5'>;
  /** Larger bodies are `body_too_large`. Default 1,048,576. */
  readonly maxBodyBytes?: number;
  /** The time that the caller waits is reckoned by it. Default: the machine's clock. */
  readonly clock?: Clock;
  /** `always`: every request has an async scope. `auto`, the default: `closeScopes` may decide that none has. */
  readonly requestScope?: 'auto' | 'always';
  /** For filters that find the application by its request only. Default: they find none. */
  readonly answerThrown?: AnswerThrown;
}

/**
 * The states of the requests of one application. Each is found by its request, and in the async scope of the request, which is
 * entered by `run` only: `enterWith` would leak one user into the next request of a keep-alive connection.
 */
export class RequestStates implements StateOwner {
  readonly answerThrown: AnswerThrown | undefined;
  /** Whether `closeScopes` changes nothing. */
  readonly isAlwaysOpen: boolean;
  readonly #clock: Clock;
  readonly #bodies: WireBodyOptions;
  readonly #storage = new AsyncLocalStorage<RequestState>();
  /** Most requests have none, and it is the same for all of them. */
  readonly #noBody: WireBody;
  #hasScopes = true;

  constructor(options: RequestStatesOptions) {
    const { verifier, clock = systemClock, maxBodyBytes = 1_048_576, requestScope = 'auto' } = options;
    this.answerThrown = options.answerThrown;
    this.isAlwaysOpen = requestScope === 'always';
    this.#clock = clock;
    this.#bodies = { maxBodyBytes, hashMd5: verifier.hashesMd5 };
    this.#noBody = emptyBody(this.#bodies);
  }

  /**
   * Opens no scopes from now on, since nobody would read them: on Node 20 a scope is a hook for every promise and tick of the
   * process, and costs more than everything else that is done for a recalled token. Does nothing with `requestScope: 'always'`.
   */
  closeScopes(): void {
    this.#hasScopes = this.isAlwaysOpen;
  }

  /**
   * Runs the rest of a request in its scope; makes its state and listens to its body, unless that was done before. Call it
   * before anything else reads the body, and again where a framework lost the scope on the way.
   */
  enter(request: RawRequest, response: RawResponse, next: () => void): void {
    const state = this.of(request) ?? this.#begin(request, response);
    if (!this.#hasScopes || this.#storage.getStore() === state) next();
    else this.#storage.run(state, next);
  }

  /** The state that this application made; undefined for a request that did not enter. */
  of(request: HandledRequest): RequestState | undefined {
    let state = attachedState(request);
    while (state !== undefined && state.owner !== this) state = state.outer;
    return state;
  }

  /** @throws CountersignError `raw_body_unavailable` for a request that has none. */
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

  #begin(request: RawRequest, response: RawResponse): RequestState {
    const { headers } = request;
    const outer = attachedState(request);
    const state: RequestState = {
      owner: this,
      outer,
      request,
      response,
      body: this.#bodyOf(request, headers),
      remainingMs: remainingTime(headers, response, this.#clock),
      authentication: undefined,
      isUsed: false,
      principal: undefined,
      user: outer?.user,
    };
    attachState(request, state);
    return state;
  }

  #bodyOf(request: RawRequest, headers: IncomingHttpHeaders): WireBody {
    return hasBody(request, headers) ? tapBody(request, this.#bodies) : this.#noBody;
  }
}

/** RFC 9112 section 6.3: without either header an HTTP/1 request has no body. HTTP/2 needs neither. */
function hasBody(request: RawRequest, headers: IncomingHttpHeaders): boolean {
  if (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0) return true;
  return request.httpVersionMajor > 1;
}
