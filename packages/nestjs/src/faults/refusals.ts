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
    const response = host.getArgByIndex<unknown>(1);
    const { httpAdapter } = this.host;
    for (const [name, value] of Object.entries(answer.headers)) httpAdapter.setHeader(response, name, value);
    return new FaultException(fault, answer, () => {
      httpAdapter.setHeader(response, 'Content-Type', 'application/problem+json');
    });
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

/** What a client of a message handler, or of a gateway, gets. */
function messageError({ problem }: FaultAnswer): object {
  const { title, code, instance } = problem;
  return { status: 'error', message: title, code, instance };
}

function rpcError(fault: CountersignError, answer: FaultAnswer, host: ArgumentsHost): object {
  return isGrpc(host) ? toGrpcStatus(fault) : messageError(answer);
}
