import { type IncomingMessage, type ServerResponse } from 'node:http';
import { type CountersignError } from '../../errors.js';
import { type WireBody } from '../../inbound/wire-body.js';
import { type Authentication, type Principal } from '../../principal.js';
import { type FaultAnswer } from '../answers/fault-answer.js';

/** A request of Node, or of Express, which extends it. */
export interface RawRequest extends IncomingMessage {
  /** The target as it was sent, where a router has rewritten `url`. */
  readonly originalUrl?: string;
  readonly ip?: string | undefined;
  user?: unknown;
}

/** The response to it. */
export type RawResponse = Pick<ServerResponse, 'writableEnded' | 'setHeader'>;

/** What a framework hands to handlers: the request itself, or a wrapper around it as in Fastify. */
export type HandledRequest = RawRequest | WrappedRequest;

interface WrappedRequest {
  readonly raw: RawRequest;
  readonly rawHeaders?: undefined;
  readonly ip?: string | undefined;
  user?: unknown;
}

/** Logs a fault that a handler threw, and makes the answer to it. */
export type AnswerThrown = (fault: CountersignError, request: RawRequest | undefined) => FaultAnswer;

/** The application that attached a state. */
export interface StateOwner {
  readonly answerThrown: AnswerThrown | undefined;
}

/** What is known about one request while it is answered: one object, attached to the request's list of headers. */
export interface RequestState {
  readonly owner: StateOwner;
  /** The state that another application, in which this one is mounted, attached before. */
  readonly outer: RequestState | undefined;
  readonly request: RawRequest;
  readonly response: RawResponse;
  readonly body: WireBody;
  /** Milliseconds until the caller stops waiting; undefined when it set no limit, and when the answer is sent. */
  readonly remainingMs: () => number | undefined;
  authentication: Authentication | undefined;
  /** Whether the single use of the token or the proof is recorded already. */
  isUsed: boolean;
  /** The principal that was let in. */
  principal: Principal | undefined;
  /** `request.user` of an Express application. */
  user: unknown;
}

/** The same for every copy of this package in the process. */
const STATE = Symbol.for('countersign:request-state');

/** The state that was attached last: the one of the innermost application. */
export function attachedState(request: HandledRequest): RequestState | undefined {
  return carrierOf(request)[STATE];
}

/** Attaches a state to its request. A weak map with an entry for each request would keep the garbage collector busy. */
export function attachState(request: HandledRequest, state: RequestState): void {
  carrierOf(request)[STATE] = state;
}

/** The principal of a request; where applications are mounted in each other, the one that the innermost let in. */
export function principalOf(request: HandledRequest): Principal | undefined {
  let state = attachedState(request);
  while (state !== undefined && state.principal === undefined) state = state.outer;
  return state?.principal;
}

/** Node's own request, below the framework's. */
export function rawRequest(request: HandledRequest): RawRequest {
  return request.rawHeaders === undefined ? request.raw : request;
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
  const headers: object = rawRequest(request).rawHeaders;
  return headers;
}
