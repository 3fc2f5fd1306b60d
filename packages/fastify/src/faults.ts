import { type FastifyError, type FastifyReply, type FastifyRequest } from 'fastify';
import { CountersignError } from '@countersign/core';
import { type Service } from '@countersign/core/adapter';
import { type FaultAnswer } from '@countersign/core/http';

type ErrorHandler = (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => void;

/** Answers the faults that handlers throw. Throws every other error again, which Fastify hands to the handler of the context. */
export function faultHandler(service: Service): ErrorHandler {
  return (error, request, reply) => {
    if (!(error instanceof CountersignError)) throw error;
    sendFault(reply, service.answerThrown(error, request.raw));
  };
}

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
