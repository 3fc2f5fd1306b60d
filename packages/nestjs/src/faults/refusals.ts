import { type ArgumentsHost, Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { type CountersignError } from '@countersign/core';
import { type FaultAnswer } from '@countersign/core/http';
import { FaultAnswers } from './fault-answers.js';
import { FaultException } from './fault.exception.js';
import { isGrpc, toGrpcStatus } from './grpc-calls.js';
import { isHttp, rawRequestOf } from '../request/handled-request.js';
import { TRANSPORT_EXCEPTIONS, type TransportExceptions } from './transport-exceptions.js';

/** Makes the exception that a handler is refused with, in the form of the transport by which it was called. */
@Injectable()
export class Refusals {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly answers: FaultAnswers,
    @Inject(TRANSPORT_EXCEPTIONS) private readonly exceptions: TransportExceptions,
  ) {}

  /** What a guard throws. Over HTTP the headers of the answer are set now, and stay whichever filter answers. */
  raised(fault: CountersignError, instance: string, host: ArgumentsHost): Error {
    const how = { instance, thrownByHandler: false };
    if (!isHttp(host)) return this.inForm(fault, this.answers.answer(fault, undefined, how), host);
    const answer = this.answers.answer(fault, rawRequestOf(host), how);
    const response = host.getArgByIndex<Response>(1);
    const { httpAdapter } = this.host;
    for (const [name, value] of Object.entries(answer.headers)) httpAdapter.setHeader(response, name, value);
    nameMediaType(response, answer.problem);
    return new FaultException(fault, answer);
  }

  /** The same for a handler that does not answer HTTP, whoever raised the fault. It shows nothing of the operator's reason. */
  inForm(fault: CountersignError, answer: FaultAnswer, host: ArgumentsHost): Error {
    const { rpc, ws } = this.exceptions;
    const transport: string = host.getType();
    if (transport === 'rpc' && rpc !== undefined) return new rpc.RpcException(rpcError(fault, answer, host));
    if (transport === 'ws' && ws !== undefined) return new ws.WsException(messageError(answer));
    return new FaultException(fault, answer);
  }
}

/** The part that is used here of a response of Express, or of Fastify: it answers with an object by one of these. */
interface Response {
  json?(body: unknown): unknown;
  send(body: unknown): unknown;
  getHeader(name: string): unknown;
  header(name: string, value: string): unknown;
}

/**
 * Lets the problem document be answered in its media type, by whichever filter answers with it and names none. Callers go by
 * that: they try again only after a problem. Nothing else that is answered gets another type.
 */
function nameMediaType(response: Response, problem: object): void {
  for (const name of ['json', 'send'] as const) {
    const answer = response[name]?.bind(response);
    if (answer === undefined) continue;
    response[name] = (body) => {
      if (body === problem && response.getHeader('Content-Type') === undefined)
        response.header('Content-Type', 'application/problem+json');
      return answer(body);
    };
  }
}

/** What a client of a message handler, or of a gateway, gets. */
function messageError({ problem }: FaultAnswer): object {
  const { title, code, instance } = problem;
  return { status: 'error', message: title, code, instance };
}

function rpcError(fault: CountersignError, answer: FaultAnswer, host: ArgumentsHost): object {
  return isGrpc(host) ? toGrpcStatus(fault) : messageError(answer);
}
