import { ServerResponse, type IncomingMessage } from 'node:http';
import { CountersignError } from '@countersign/core';
import { type RawRequest } from '@countersign/core/http';
import { sendFault } from './faults.js';
import { attachedTrace, expressPrototype, type RequestTrace } from './request-trace.js';
import { isOpen } from './stating-middleware.js';

/** Whether answers of a copy of Express are watched already. */
const WATCHED = Symbol.for('countersign:express-watched');

/** What ends or begins an answer; the rest of Node's methods come by one of them. */
const SENDING = ['writeHead', 'write', 'end'] as const;

type Method = (...given: unknown[]) => unknown;

/**
 * Refuses answers that nothing lets out: those of middleware that is no route, such as `express.static`, where no statement stands
 * before it. An answer of 400 or above is let out, since error handlers and pages for what is not found state nothing.
 *
 * A route is refused before it runs. Middleware cannot be told from a handler until it answers, so it has run by then.
 * @param responses what an application makes the prototype of its responses.
 */
export function watchAnswers(responses: object): void {
  const base = expressPrototype(responses, ServerResponse.prototype);
  if (WATCHED in base) return;
  Object.defineProperty(base, WATCHED, { value: true });
  for (const name of SENDING) {
    const original = Reflect.get(base, name) as Method;
    Object.defineProperty(base, name, {
      configurable: true,
      writable: true,
      value: function (this: ServerResponse, ...given: unknown[]): unknown {
        const status = name === 'writeHead' ? Number(given[0]) : this.statusCode;
        if (status >= 400 || this.headersSent || mayAnswer(this)) return Reflect.apply(original, this, given);
        refuseAnswer(this);
        return name === 'write' ? true : this;
      },
    });
  }
}

function mayAnswer(response: ServerResponse): boolean {
  const trace = attachedTrace(response.req);
  const instance = trace?.instance;
  if (trace === undefined || instance === undefined) return true;
  if (trace.isAnswered) return true;
  if (trace.refusal !== undefined) return false;
  if (trace.passedRoute === undefined) {
    const inherited = trace.inherited();
    if (inherited.length === 0) return isAutomatic(response);
    if (!trace.isRecorded && !inherited.every(isOpen)) instance.service.allowed(arrivalOf(response.req));
  }
  trace.isAnswered = true;
  return true;
}

/** Express itself answers `OPTIONS` with the methods of the routes, and runs no handler for it. */
function isAutomatic(response: ServerResponse): boolean {
  return response.req.method === 'OPTIONS' && response.hasHeader('Allow');
}

/** Sends the refusal in place of the answer. What is still written of that goes nowhere. */
function refuseAnswer(response: ServerResponse): void {
  const trace = attachedTrace(response.req);
  const service = trace?.instance?.service;
  if (trace === undefined || service === undefined) return;
  const refusal = trace.refusal ?? refusalOf(trace, response.req);
  trace.isAnswered = true;
  for (const name of response.getHeaderNames()) response.removeHeader(name);
  const fault =
    refusal instanceof CountersignError ? refusal : new CountersignError('policy_missing', UNSTATED);
  sendFault(response, service.answerThrown(fault, response.req));
  for (const name of SENDING) {
    Object.defineProperty(response, name, {
      configurable: true,
      value: () => (name === 'write' ? true : response),
    });
  }
}

const UNSTATED =
  'middleware that is no route answered, and nothing before it says who may have the answer; put open() or a requirement before it';

function refusalOf(trace: RequestTrace, request: IncomingMessage): unknown {
  const fault = new CountersignError('policy_missing', UNSTATED);
  trace.refusal = trace.instance?.service.refused(fault, arrivalOf(request));
  return trace.refusal;
}

function arrivalOf(request: IncomingMessage): { request: RawRequest; route: string } {
  return { request: request, route: 'middleware' };
}
