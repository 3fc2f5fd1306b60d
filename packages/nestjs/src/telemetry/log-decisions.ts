import { Logger } from '@nestjs/common';
import { type DecisionRecorder } from '@countersign/core/http';

/**
 * Writes decisions through Nest's logger: with `ConsoleLogger({ json: true })` each is one line of JSON. An application
 * that was made with `logger: false` has nobody to write to.
 */
export function logDecisions(): DecisionRecorder {
  const logger = new Logger('Countersign');
  return {
    record(decision) {
      if (decision.decision === 'allowed') logger.log(decision);
      else logger.warn(decision);
    },
    isListening: () => !isSwitchedOff(),
  };
}

/** Nest has no question for it: `isLevelEnabled` of Nest 11 says no for all levels unless they were listed. */
function isSwitchedOff(): boolean {
  return Object.hasOwn(Logger, LOGGER_IN_USE) && Reflect.get(Logger, LOGGER_IN_USE) === undefined;
}

/** Under this name Nest keeps the logger of the application. */
const LOGGER_IN_USE = 'staticInstanceRef';
