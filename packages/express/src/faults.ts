import { type IncomingMessage, type ServerResponse } from 'node:http';
import { CountersignError } from '@countersign/core';
import { type Service } from '@countersign/core/adapter';
import { newInstance, Refusal, toFaultAnswer, type FaultAnswer } from '@countersign/core/http';
import { type Next } from './express-types.js';

/** Error-handling middleware, which Express knows by its four parameters. */
export type FaultHandler = (
  error: unknown,
  request: IncomingMessage,
  response: ServerResponse,
  next: Next,
) => void;

/** Answers refusals and the faults that handlers throw; hands every other error on. */
export function faultHandler(service: Service): FaultHandler {
  return (error, request, response, next) => {
    if (!(error instanceof CountersignError) || response.headersSent) {
      next(error);
      return;
    }
    sendFault(response, service.answerThrown(error, request));
  };
}

/** Sends the problem document of a fault. */
export function sendFault(response: ServerResponse, { status, headers, problem }: FaultAnswer): void {
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.setHeader('Content-Type', 'application/problem+json');
  response.end(JSON.stringify(problem));
}

/** For a request that something states a requirement for, and that no instance has seen. Nobody else can log it. */
export function refusalWithoutInstance(): Refusal {
  const fault = new CountersignError(
    'config_invalid',
    'a route says who may call it, but nobody checks: app.use(countersign) is missing, or stands after it',
  );
  const instance = newInstance();
  console.error(JSON.stringify({ code: fault.code, reason: fault.message, instance }));
  const how = { service: 'countersign', instance, thrownByHandler: false };
  return new Refusal(fault, toFaultAnswer(fault, how));
}
