import { type FastifyError, type FastifyReply, type FastifyRequest, type RouteOptions } from 'fastify';
import { CountersignError } from '@countersign/core';
import { attachedState, type FaultAnswer } from '@countersign/core/http';

/** On the error handler that answers faults, and in the `config` of each route that has one. */
const ANSWERED = Symbol.for('countersign:fastify-answered');

/**
 * Gives a route an error handler for the faults of its handler, unless it has one. Not the context, which the application may give one:
 * Fastify warns of a second one there, or refuses it.
 */
export function answerFaults(route: RouteOptions): void {
  const { errorHandler } = route;
  // That of another copy of this package knows only the faults of its own.
  if (errorHandler === undefined || ANSWERED in errorHandler) route.errorHandler = answerFault;
  route.config = Object.assign({ ...route.config }, { [ANSWERED]: true });
}

/** Whether `answerFaults` was called for the route that a request takes. */
export function isAnswered({ routeOptions }: FastifyRequest): boolean {
  return ANSWERED in routeOptions.config;
}

/** Throws every error that is no fault again, which Fastify hands to the error handler of the context. */
const answerFault = Object.assign(
  (error: FastifyError, request: FastifyRequest, reply: FastifyReply): void => {
    const answerThrown = attachedState(request)?.owner.answerThrown;
    if (!(error instanceof CountersignError) || answerThrown === undefined) throw error;
    sendFault(reply, answerThrown(error, request.raw));
  },
  { [ANSWERED]: true },
);

/** Sends the problem document of a fault. */
export function sendFault(reply: FastifyReply, { status, headers, problem }: FaultAnswer): void {
  reply.code(status).headers(headers).header('Content-Type', 'application/problem+json');
  sendText(reply, JSON.stringify(problem));
}

/** Sends text as it is: Fastify would add a charset to its media type. */
export function sendText(reply: FastifyReply, text: string): void {
  reply.serializer(() => text).send(text);
}

/**
 * Leaves in the error of a handler nothing but what clients may see, for an error handler that is not ours. What it said is in the log
 * by then.
 */
export function conceal(error: CountersignError, { status, headers, problem }: FaultAnswer): void {
  Object.assign(error, { message: problem.title, statusCode: status, headers });
}
