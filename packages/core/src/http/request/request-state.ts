import { type IncomingMessage, type ServerResponse } from 'node:http';
import { type CountersignError } from '../../errors.js';
import { type WireBody } from '../../inbound/wire-body.js';
import { type Authentication, type Principal } from '../../principal.js';
import { type FaultAnswer } from '../answers/fault-answer.js';

/** A request of `node:http`, possibly extended by Express. */
export interface RawRequest extends IncomingMessage {
  /** The request target as it was sent, if a router has rewritten `url`. */
  readonly originalUrl?: string;
  readonly ip?: string | undefined;
  user?: unknown;
}

/** The part of a response of `node:http` that Countersign uses. */
export type RawResponse = Pick<ServerResponse, 'writableEnded' | 'setHeader'>;

/** The request object that a framework passes to handlers: the request itself, or a wrapper with `raw` as in Fastify. */
export type HandledRequest = RawRequest | WrappedRequest;

interface WrappedRequest {
  readonly raw: RawRequest;
  readonly rawHeaders?: undefined;
  readonly ip?: string | undefined;
  user?: unknown;
}

/** Logs a fault that a handler threw, and returns the answer to it. */
export type AnswerThrown = (fault: CountersignError, request: RawRequest | undefined) => FaultAnswer;

/** The application to which the state of a request belongs. */
export interface StateOwner {
  readonly answerThrown: AnswerThrown | undefined;
}

/** The per-request state of Countersign. It is attached to `rawHeaders`, not to the request object. */
export interface RequestState {
  readonly owner: StateOwner;
  /** The state of the application in which this one is mounted. */
  readonly outer: RequestState | undefined;
  readonly request: RawRequest;
  readonly response: RawResponse;
  readonly body: WireBody;
  /** Returns the milliseconds until the caller stops waiting. Undefined without a limit, and after the response was sent. */
  readonly remainingMs: () => number | undefined;
  /** The token that the request carries beside its headers: see `useToken`. */
  token: string | undefined;
  authentication: Authentication | undefined;
  /** The record of the use of a single-use token or proof, once it is asked for: one for all handlers of the request. */
  used: Promise<void> | undefined;
  /** Whether the application's own user was loaded. */
  isResolved: boolean;
  /** The principal, once the request was accepted. */
  principal: Principal | undefined;
  /** `request.user` of an Express application. */
  user: unknown;
}

/** The same for every copy of this package in the process. */
const STATE = Symbol.for('countersign:request-state');

/** Returns the state of a request; of mounted applications, that of the innermost. Undefined if none is attached. */
export function attachedState(request: HandledRequest): RequestState | undefined {
  return carrierOf(request)[STATE];
}

/** Attaches a state to its request. A weak map with an entry for each request would keep the garbage collector busy. */
export function attachState(request: HandledRequest, state: RequestState): void {
  carrierOf(request)[STATE] = state;
}

/** Returns the principal of a request; of mounted applications, that of the innermost that accepted it. */
export function principalOf(request: HandledRequest): Principal | undefined {
  let state = attachedState(request);
  while (state !== undefined && state.principal === undefined) state = state.outer;
  return state?.principal;
}

/** Returns the request of `node:http` behind the request of a framework. */
export function rawRequest(request: HandledRequest): RawRequest {
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- wrappers for serverless platforms may leave the list out
  return request.rawHeaders === undefined ? (request.raw ?? request) : request;
}

/**
 * Keeps `request.user` of an Express application in the state: code that sets it adds no member to the request (see
 * `carrierOf`). A request without a state, or with a `user` of its own, has it as a member as usual.
 * @param requests what Express makes the prototype of its requests. Left as it is when it defines `user` already.
 */
export function keepUserInState(requests: object): void {
  if ('user' in requests) return;
  Object.defineProperty(requests, 'user', {
    configurable: true,
    get(this: RawRequest) {
      return attachedState(this)?.user;
    },
    set(this: RawRequest, user: unknown) {
      const state = attachedState(this);
      if (state === undefined) defineUser(this, user);
      else state.user = user;
    },
  });
}

function defineUser(request: RawRequest, value: unknown): void {
  Object.defineProperty(request, 'user', { value, configurable: true, enumerable: true, writable: true });
}

/**
 * The state is attached to the list of headers. Not to the request itself, which Express gives another prototype: on Node 20
 * each request then has a hidden class of its own, every member that is added to it makes one more, which costs 8 to 12 µs
 * with the collector's part, and every member that is read has to be searched for, which costs half a microsecond. So
 * this is asked once for each step, and what follows is handed on.
 */
function carrierOf(request: HandledRequest): { [STATE]?: RequestState } {
  const raw = rawRequest(request);
  return listIn(raw) ?? raw;
}

/** Undefined where a wrapper for a serverless platform left the list out, until the request enters. */
function listIn(request: { readonly rawHeaders?: object }): object | undefined {
  return request.rawHeaders;
}
