import { type ArgumentsHost } from '@nestjs/common';
import { FAULTS, type CountersignError, type FaultKind } from '@countersign/core';

/** The status of gRPC for each kind of fault (`google.rpc.Code`). */
const STATUS: Readonly<Record<FaultKind, number>> = {
  bad_request: 3, // INVALID_ARGUMENT
  forbidden: 7, // PERMISSION_DENIED
  misconfigured: 13, // INTERNAL
  unavailable: 14, // UNAVAILABLE
  unauthenticated: 16, // UNAUTHENTICATED
};

/** What ends a call: the client gets both. */
export interface GrpcStatus {
  readonly code: number;
  readonly message: string;
}

/** The part that is read here of a call of `@grpc/grpc-js`. */
interface GrpcCall {
  readonly sendMetadata: (metadata: object) => void;
  readonly emit: (event: 'error', status: GrpcStatus) => void;
}

export function toGrpcStatus({ kind, code }: CountersignError): GrpcStatus {
  return { code: STATUS[kind], message: `${code}: ${FAULTS[code].title}` };
}

/** Whether a handler is called by gRPC: it gets the call as its last argument, or as its first. */
export function isGrpc(host: ArgumentsHost): boolean {
  return host.getArgs<unknown[]>().some(isGrpcCall);
}

/**
 * Refuses a handler. Nest leaves the answer of a `@GrpcStreamCall()` to the handler: what a guard throws before it would reach
 * no client, and end the process as a promise that nobody handles. So its call is ended here, and the promise never settles.
 * @throws `refusal`, where the transport makes an answer of what is thrown.
 */
export function refuse(refusal: Error, fault: CountersignError, host: ArgumentsHost): Promise<never> {
  if (!endStreamCall(fault, host)) throw refusal;
  return new Promise(() => undefined);
}

/** Ends the call of a `@GrpcStreamCall()`, which is the only handler that gets it first. @returns whether the handler is one. */
export function endStreamCall(fault: CountersignError, host: ArgumentsHost): boolean {
  const call = host.getArgByIndex<unknown>(0);
  if (!isGrpcCall(call)) return false;
  call.emit('error', toGrpcStatus(fault));
  return true;
}

/** No message can pass for one: functions do not travel. */
function isGrpcCall(argument: unknown): argument is GrpcCall {
  return (
    typeof argument === 'object' &&
    argument !== null &&
    'sendMetadata' in argument &&
    typeof argument.sendMetadata === 'function'
  );
}
