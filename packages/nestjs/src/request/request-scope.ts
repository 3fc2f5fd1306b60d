import { AsyncLocalStorage } from 'node:async_hooks';
import { type ServerResponse } from 'node:http';
import { type ArgumentsHost, Injectable } from '@nestjs/common';
import { CountersignError, type Authentication, type Principal, type WireBody } from '@countersign/core';
import { attachedState, attachState, type AttachedState, type StateOwner } from './attached-state.js';
import { type FaultAnswer } from '../faults/fault-answer.js';
import { FaultAnswers } from '../faults/fault-answers.js';
import { type HandledRequest, type RawRequest } from './attachments.js';

/** The answer to it: of Express, or the raw one that Fastify wraps. */
export type RawResponse = Pick<ServerResponse, 'writableEnded' | 'setHeader'>;

/** What is known about one request while it is answered. */
export interface RequestState extends AttachedState {
  readonly request: RawRequest;
  readonly response: RawResponse;
  readonly body: WireBody;
  authentication: Authentication | undefined;
  /** Whether the strategy ran before our guards, and noted the single use of the token or the proof. */
  isUsed: boolean;
  /** What is left of the time that the caller waits; undefined when it did not say, and when it has its answer. */
  readonly remainingMs: () => number | undefined;
}

type KnownAtStart = Pick<RequestState, 'request' | 'response' | 'body' | 'remainingMs'>;

/**
 * One asynchronous scope for each request. It is entered by `run` only: `enterWith` would leak one user into the next
 * request of a keep-alive connection.
 */
@Injectable()
export class RequestStates implements StateOwner {
  readonly #storage = new AsyncLocalStorage<RequestState>();
  #scopes: 'opened' | 'kept' | 'left out' = 'opened';

  constructor(private readonly answers: FaultAnswers) {}

  /** Opens a scope for every request, whatever `leaveOut` is told. */
  keep(): void {
    this.#scopes = 'kept';
  }

  /**
   * Opens none, since nobody would read it: on Node 20 a scope is a hook for every promise and tick of the process, and costs
   * more than everything else that is done for a recalled token.
   */
  leaveOut(): void {
    if (this.#scopes === 'opened') this.#scopes = 'left out';
  }

  /** From now on the state is found by its request. */
  begin(known: KnownAtStart): RequestState {
    const state: RequestState = {
      owner: this,
      outer: attachedState(known.request),
      principal: undefined,
      request: known.request,
      response: known.response,
      body: known.body,
      remainingMs: known.remainingMs,
      authentication: undefined,
      isUsed: false,
    };
    attachState(known.request, state);
    return state;
  }

  answerThrown(fault: CountersignError, host: ArgumentsHost): FaultAnswer {
    return this.answers.answerThrown(fault, host);
  }

  /** Runs the rest of a request in its scope. May be called again, where a framework lost the scope on the way. */
  enter(state: RequestState, next: () => void): void {
    if (this.#scopes === 'left out' || this.#storage.getStore() === state) next();
    else this.#storage.run(state, next);
  }

  of(request: HandledRequest): RequestState | undefined {
    for (let state = attachedState(request); state !== undefined; state = state.outer) {
      if (this.#isOurs(state)) return state;
    }
    return undefined;
  }

  /** Applications that are mounted in each other attach a state each, and only our own holds what we put into it. */
  #isOurs(state: AttachedState): state is RequestState {
    return state.owner === this;
  }

  /** @throws CountersignError `raw_body_unavailable` for a request that has none. */
  required(request: HandledRequest): RequestState {
    const state = this.of(request);
    if (state !== undefined) return state;
    throw new CountersignError(
      'raw_body_unavailable',
      'the request did not pass the adapter that the module opened',
    );
  }

  /** @throws CountersignError `config_invalid` where requests have no scope. */
  current(): RequestState | undefined {
    if (this.#scopes !== 'left out') return this.#storage.getStore();
    throw new CountersignError(
      'config_invalid',
      'requests have no scope, since no provider has RequestScope injected; whoever gets it in another way calls its keep() at start',
    );
  }
}

/** Who is behind the request that is being answered: the way to the principal for services deep in the application. */
@Injectable()
export class RequestScope {
  readonly #states: RequestStates;

  constructor(states: RequestStates) {
    this.#states = states;
  }

  /**
   * Lets every request have a scope from now on, although it is injected nowhere. For whoever gets this from `app.get()` or a
   * `ModuleRef`: call it before the application listens.
   */
  keep(): this {
    this.#states.keep();
    return this;
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
}
