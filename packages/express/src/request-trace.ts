import { IncomingMessage } from 'node:http';
import { CountersignError, type Principal } from '@countersign/core';
import { principalOf, type RawRequest } from '@countersign/core/http';
import { type Instance } from './instance.js';
import { isRoute, type Route } from './express-types.js';
import { type Stating } from './stating-middleware.js';

/** One router that a request is in: Express gives it a `next` of its own for as long as the request is there. */
interface Level {
  readonly next: unknown;
  readonly outer: Level | undefined;
  /** What was stated by `use()` in this router, and held. */
  passed: readonly Stating[];
  /** The instance of Countersign that was mounted in this router. */
  instance: Instance | undefined;
}

/** Shared by all copies of this package in a process: they see the same routers. */
const TRACE = Symbol.for('countersign:express-trace');

/** Whether requests of a copy of Express are followed already. */
const FOLLOWED = Symbol.for('countersign:express-followed');

const NONE: readonly Stating[] = Object.freeze([]);

/**
 * Where a request is among the routers and routes of an application, and what was decided there. What is stated in a router
 * holds until the request leaves it.
 */
export class RequestTrace {
  #level: Level = { next: undefined, outer: undefined, passed: NONE, instance: undefined };
  route: Route | undefined;
  /** The route that let the request in. */
  passedRoute: Route | undefined;
  /** What was stated on that route, and held. */
  passedOnRoute = NONE;
  /** The error that the request was refused with. No handler runs any more, whatever error handlers make of it. */
  refusal: unknown;
  /** Whether its answer may go out, whatever wrote it. */
  isAnswered = false;
  /** Whether the decision about this request is on record. */
  isRecorded = false;

  get next(): unknown {
    return this.#level.next;
  }

  /** Enters a router, or goes back to one of those around it. */
  set next(value: unknown) {
    for (let level: Level | undefined = this.#level; level !== undefined; level = level.outer) {
      if (level.next !== value) continue;
      this.#level = level;
      return;
    }
    this.#level = { next: value, outer: this.#level, passed: NONE, instance: undefined };
  }

  /** Enters a route: what was decided about another, or about this one before, no longer counts. */
  enterRoute(route: Route | undefined): void {
    this.route = route;
    this.passedRoute = undefined;
    this.passedOnRoute = NONE;
  }

  /** The innermost instance; undefined before any was reached. */
  get instance(): Instance | undefined {
    let level: Level | undefined = this.#level;
    while (level !== undefined && level.instance === undefined) level = level.outer;
    return level?.instance;
  }

  enter(instance: Instance): void {
    this.#level.instance = instance;
  }

  pass(stating: Stating): void {
    this.#level.passed = [...this.#level.passed, stating];
  }

  /** What was stated for the innermost instance by the routers that the request is in. */
  inherited(): readonly Stating[] {
    let passed = NONE;
    for (let level: Level | undefined = this.#level; level !== undefined; level = level.outer) {
      if (level.passed.length > 0) passed = [...level.passed, ...passed];
      if (level.instance !== undefined) break;
    }
    return passed;
  }
}

interface Carrier {
  [TRACE]?: RequestTrace | undefined;
}

/** The headers carry it: on Node 20 a new member of a request of Express costs more than the checks do. */
function carrierOf(request: IncomingMessage): Carrier {
  const headers = Reflect.get(request, 'rawHeaders') as Carrier | undefined;
  // Some platforms hand over requests without the list.
  return headers ?? (request.headers as Carrier);
}

export function traceOf(request: IncomingMessage): RequestTrace {
  return (carrierOf(request)[TRACE] ??= new RequestTrace());
}

/** Undefined for a request of which Express has not taken hold. */
export function attachedTrace(request: IncomingMessage): RequestTrace | undefined {
  return carrierOf(request)[TRACE];
}

/**
 * Follows every request through routers and routes, whichever application of this copy of Express they belong to: Express notes
 * both on the request (`next` and `route`) before it goes on.
 * @param requests what an application makes the prototype of its requests.
 * @param onRoute told of each route before Express runs any of its handlers.
 */
export function followRequests(requests: object, onRoute: (route: Route) => void): void {
  const base = expressPrototype(requests, IncomingMessage.prototype);
  if (FOLLOWED in base) return;
  Object.defineProperties(base, {
    [FOLLOWED]: { value: true },
    next: {
      configurable: true,
      get(this: IncomingMessage): unknown {
        return traceOf(this).next;
      },
      set(this: IncomingMessage, value: unknown) {
        traceOf(this).next = value;
      },
    },
    route: {
      configurable: true,
      get(this: IncomingMessage): Route | undefined {
        return traceOf(this).route;
      },
      set(this: IncomingMessage, route: Route | undefined) {
        traceOf(this).enterRoute(route);
        if (isRoute(route)) onRoute(route);
      },
    },
    principal: {
      configurable: true,
      get(this: RawRequest): Principal | undefined {
        return principalOf(this);
      },
    },
  });
}

/**
 * What all applications of one copy of Express share: each has a prototype of its own that inherits from it.
 * @throws CountersignError `config_invalid` for something that is no application of Express.
 */
export function expressPrototype(own: object, node: object): object {
  for (let base = own; ;) {
    const outer: unknown = Object.getPrototypeOf(base);
    if (outer === node) return base;
    if (typeof outer !== 'object' || outer === null)
      throw new CountersignError(
        'config_invalid',
        'app.use(countersign) needs an application of Express 4 or 5',
      );
    base = outer;
  }
}
