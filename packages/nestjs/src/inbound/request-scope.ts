import { AsyncLocalStorage } from 'node:async_hooks';
import { type IncomingMessage, type ServerResponse } from 'node:http';
import { Injectable, type ArgumentsHost } from '@nestjs/common';
import { CountersignError, type Authentication, type Principal, type WireBody } from '@countersign/core';

/** A request of Express, or the raw one that Fastify wraps. */
export type RawRequest = IncomingMessage & { readonly originalUrl?: string };

/** The answer to it: of Express, or the raw one that Fastify wraps. */
export type RawResponse = Pick<ServerResponse, 'writableEnded'>;

/** What is known about one request while it is answered. */
export interface RequestState {
  readonly body: WireBody;
  authentication: Authentication | undefined;
  /** What stands in `request.user` of Express. */
  user: unknown;
  /** Whether the authorize guard comes after the strategy; if not, the strategy notes the use of the token itself. */
  guarded: boolean;
  /** The refusal that was recorded for this request, and the id by which an operator finds it. */
  refusal: { readonly fault: unknown; readonly instance: string } | undefined;
  /** What is left of the time that the caller waits; undefined when it did not say, and when it has its answer. */
  readonly remainingMs: () => number | undefined;
}

/**
 * One asynchronous scope for each request. It is entered by `run` only: `enterWith` would leak one user into the next
 * request of a keep-alive connection.
 */
@Injectable()
export class RequestStates {
  readonly #storage = new AsyncLocalStorage<RequestState>();
  /** Under this name a request carries its state: a weak map with an entry for each request keeps the collector busy. */
  readonly #name = Symbol('countersign:state');
  #scopes: 'opened' | 'kept' | 'left out' = 'opened';

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

  /** Runs the rest of the request in its scope. May be called again, where a framework lost the scope on the way. */
  enter(request: RawRequest, createState: () => RequestState, next: () => void): void {
    let state = this.of(request);
    if (state === undefined) {
      state = createState();
      luggageOf<RequestState>(request)[this.#name] = state;
    }
    if (this.#scopes === 'left out' || this.#storage.getStore() === state) next();
    else this.#storage.run(state, next);
  }

  of(request: RawRequest): RequestState | undefined {
    return luggageOf<RequestState>(request)[this.#name];
  }

  /** @throws CountersignError `raw_body_unavailable` for a request that has none. */
  required(request: RawRequest): RequestState {
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

/** Node's own request below the framework's. */
export function rawRequestOf(host: ArgumentsHost): RawRequest {
  return belowFramework(host.switchToHttp().getRequest());
}

/** By the member that is there: on Express, looking for one that is not goes through all its prototypes. */
export function belowFramework(request: RawRequest | { readonly raw: RawRequest }): RawRequest {
  return 'rawHeaders' in request ? request : request.raw;
}

/**
 * What a request carries of ours hangs on its list of headers. Not on the request itself, which Express gives another
 * prototype: on Node 20 each then has a hidden class of its own, and every member that is added to it makes one more, which
 * costs 8 to 12 µs with the collector's part.
 */
export function luggageOf<Item>(request: RawRequest): Record<symbol, Item | undefined> {
  return request.rawHeaders as object as Record<symbol, Item | undefined>;
}
