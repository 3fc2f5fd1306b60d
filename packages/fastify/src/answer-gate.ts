import { type FastifyReply, type FastifyRequest } from 'fastify';
import { CountersignError } from '@countersign/core';
import { type Arrival, type Service } from '@countersign/core/adapter';
import { Refusal } from '@countersign/core/http';

/** What ends or begins an answer; the rest of Node's methods come by one of them. */
const SENDING = ['writeHead', 'write', 'end'] as const;

type Method = (...given: unknown[]) => unknown;

/**
 * Refuses an answer below 400 to a request that no route is for. Handlers for what is not found state nothing, so they may say that
 * it was not found, and nothing else, also where they answer by `reply.raw`.
 */
export function withholdAnswers(service: Service, request: FastifyRequest, { raw }: FastifyReply): void {
  let isWatched = true;
  let isRefused = false;

  function refuse(): void {
    isWatched = false;
    for (const name of raw.getHeaderNames()) raw.removeHeader(name);
    const fault = new CountersignError(
      'policy_missing',
      'a handler for what is not found answered as if it had been found; make it a route, which says who may have the answer',
    );
    const arrival: Arrival = { request, route: 'not found' };
    const refusal = service.refused(fault, arrival);
    if (refusal instanceof Refusal) {
      const { status, headers, problem } = refusal.answer;
      raw.writeHead(status, { ...headers, 'Content-Type': 'application/problem+json' });
      raw.end(JSON.stringify(problem));
    }
    isRefused = true;
  }

  for (const name of SENDING) {
    const original = Reflect.get(raw, name) as Method;
    raw[name] = (...given: unknown[]): never => {
      const status = name === 'writeHead' ? Number(given[0]) : raw.statusCode;
      if (isWatched && !raw.headersSent && status < 400) refuse();
      // What is still written of it goes nowhere. The result is that of the method.
      return (isRefused ? (name === 'write' ? true : raw) : Reflect.apply(original, raw, given)) as never;
    };
  }
}
