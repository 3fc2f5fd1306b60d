import { type CountersignError } from '../errors.js';
import { type DecisionRecorder } from '../http/decision-record.js';
import { type ServiceLogger } from './service-options.js';

/** One line for each message: text as it is, everything else as JSON. */
export const consoleLogger: ServiceLogger = {
  info: (message) => {
    console.info(lineOf(message));
  },
  warn: (message) => {
    console.warn(lineOf(message));
  },
  error: (message) => {
    console.error(lineOf(message));
  },
};

function lineOf(message: string | object): string {
  return typeof message === 'string' ? `[countersign] ${message}` : JSON.stringify(message);
}

/** Records refusals in the log. What was allowed is a line for each request: for that, name a recorder in `decisions`. */
export function refusalsTo(logger: ServiceLogger): DecisionRecorder {
  return {
    record: (decision) => {
      logger.warn(decision);
    },
    isListening: (decision) => decision === 'refused',
  };
}

/** What the log says of a fault that a handler threw. */
export function describeFault(fault: CountersignError, instance: string): object {
  const { cause } = fault;
  return {
    code: fault.code,
    reason: fault.message,
    instance,
    ...(cause instanceof Error && { cause: `${cause.name}: ${cause.message}` }),
  };
}
