import { type FastifyReply, type FastifyRequest, type HookHandlerDoneFunction } from 'fastify';
import { type Arrival, type Service } from '@countersign/core/adapter';
import { Refusal, useToken } from '@countersign/core/http';
import { withholdAnswers } from './answer-gate.js';
import { sendFault } from './faults.js';
import { type RouteRules } from './route-rules.js';

type Hook = (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction) => void;

/** The hook that lets a request in to its route, before its body is parsed. */
export function admissionHook(
  service: Service,
  rules: RouteRules,
  findToken: ((request: FastifyRequest) => string | undefined) | undefined,
): Hook {
  return (request, reply, done) => {
    service.enter(request.raw, reply.raw, () => {
      if (!request.is404) admit({ service, rules, findToken, request, reply, done });
      else {
        withholdAnswers(service, request, reply);
        done();
      }
    });
  };
}

/** Enters the scope of the request again: by then the body was read, which may have left it. */
export function reentryHook(service: Service): Hook {
  return (request, reply, done) => {
    service.enter(request.raw, reply.raw, done);
  };
}

interface Admission {
  readonly service: Service;
  readonly rules: RouteRules;
  readonly findToken: ((request: FastifyRequest) => string | undefined) | undefined;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly done: HookHandlerDoneFunction;
}

function admit(admission: Admission): void {
  const { service, rules, findToken, request, done } = admission;
  const arrival: Arrival = { request, route: request.routeOptions.url ?? '' };
  let judged: undefined | Promise<void>;
  let isRecorded: boolean;
  try {
    const rule = rules.of(request);
    isRecorded = rule?.access !== 'public';
    const token = isRecorded ? findToken?.(request) : undefined;
    if (token !== undefined) useToken(request, token);
    judged = service.judge(arrival, rule);
  } catch (fault) {
    refuse(admission, arrival, fault);
    return;
  }
  const pass = (): void => {
    if (isRecorded) service.allowed(arrival);
    done();
  };
  if (judged === undefined) pass();
  else
    judged.then(pass, (fault: unknown) => {
      refuse(admission, arrival, fault);
    });
}

function refuse({ service, reply, done }: Admission, arrival: Arrival, fault: unknown): void {
  const refusal = service.refused(fault, arrival);
  if (!(refusal instanceof Refusal)) done(refusal as Error);
  // An earlier hook may have taken the response away from Fastify.
  else if (!reply.sent) sendFault(reply, refusal.answer);
}
