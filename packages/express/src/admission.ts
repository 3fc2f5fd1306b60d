import { type IncomingMessage, type ServerResponse } from 'node:http';
import { CountersignError } from '@countersign/core';
import { ruleOf, type Arrival } from '@countersign/core/adapter';
import { type RawRequest, type Refusal } from '@countersign/core/http';
import { pathText, type Next } from './express-types.js';
import { isInGuardedApplication } from './guarded-applications.js';
import { type Instance } from './instance.js';
import { refusalWithoutInstance } from './faults.js';
import { traceOf, type RequestTrace } from './request-trace.js';
import { statedOn } from './route-statements.js';
import { isOpen, limitOf, type Stating } from './stating-middleware.js';

/** Lets a request in to the handlers of its route, if everything that the route and its routers state holds. */
export function admitToRoute(request: IncomingMessage, response: ServerResponse, next: Next): void {
  const trace = traceOf(request);
  const { instance, route, refusal } = trace;
  if (instance === undefined || route === undefined) {
    // Otherwise it is an application without Countersign, which the same router is mounted in.
    if (isInGuardedApplication(request)) next(refusalWithoutInstance());
    else next();
    return;
  }
  if (refusal !== undefined) {
    next(refusal);
    return;
  }
  if (trace.passedRoute === route) {
    next();
    return;
  }
  const arrival = { request: request as RawRequest, route: pathText(route.path) };
  const admission = { instance, trace, arrival, response, next };
  admit(
    admission,
    () => {
      const own = statedOn(route, request.method ?? '');
      const inherited = trace.inherited();
      if (own.rule !== undefined) {
        if (inherited.length > 0) ruleOf([...inherited, ...own.stating], arrival.route);
        return instance.service.judge(arrival, own.rule);
      }
      // What the routers state was judged when the request reached them.
      return inherited.length > 0 ? undefined : instance.service.judge(arrival, undefined);
    },
    () => {
      const { stating } = statedOn(route, request.method ?? '');
      trace.passedRoute = route;
      trace.passedOnRoute = stating;
      recordOnce(admission, [...trace.inherited(), ...stating]);
    },
  );
}

/** Lets a request go on behind a statement in a router, or in a handler. */
export function admitByRouter(
  stating: Stating,
  request: IncomingMessage,
  response: ServerResponse,
  next: Next,
): void {
  const trace = traceOf(request);
  const { instance, refusal } = trace;
  if (instance === undefined) {
    next(refusalWithoutInstance());
    return;
  }
  if (refusal !== undefined) {
    next(refusal);
    return;
  }
  if (trace.passedRoute === trace.route && trace.passedOnRoute.includes(stating)) {
    next();
    return;
  }
  const limit = limitOf(stating);
  if (limit !== undefined) {
    instance.service.states.of(request)?.body.limitTo(limit);
    next();
    return;
  }
  const arrival = { request: request as RawRequest, route: 'a router' };
  admit(
    { instance, trace, arrival, response, next },
    () => {
      ruleOf([...trace.inherited(), stating], arrival.route);
      return instance.service.judge(arrival, ruleOf([stating], arrival.route));
    },
    () => {
      trace.pass(stating);
    },
  );
}

interface Admission {
  readonly instance: Instance;
  readonly trace: RequestTrace;
  readonly arrival: Arrival;
  readonly response: ServerResponse;
  readonly next: Next;
}

function admit(admission: Admission, judge: () => undefined | Promise<void>, pass: () => void): void {
  const { next } = admission;
  let judged: undefined | Promise<void>;
  try {
    judged = judge();
  } catch (fault) {
    refuse(admission, fault);
    return;
  }
  if (judged === undefined) {
    pass();
    next();
    return;
  }
  judged.then(
    () => {
      pass();
      next();
    },
    (fault: unknown) => {
      refuse(admission, fault);
    },
  );
}

/** The headers of the answer are set now, and stay whichever error handler answers. */
function refuse({ instance, trace, arrival, response, next }: Admission, fault: unknown): void {
  const refusal = instance.service.refused(fault, arrival);
  trace.refusal = refusal;
  trace.isRecorded = true;
  if (refusal instanceof CountersignError && !response.headersSent) {
    // What `refused` makes of a fault is a refusal.
    for (const [name, value] of Object.entries((refusal as Refusal).headers)) response.setHeader(name, value);
  }
  next(refusal);
}

function recordOnce({ instance, trace, arrival }: Admission, stating: readonly Stating[]): void {
  if (trace.isRecorded) return;
  trace.isRecorded = true;
  if (!stating.every(isOpen)) instance.service.allowed(arrival);
}
