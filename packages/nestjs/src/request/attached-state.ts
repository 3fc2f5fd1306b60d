import { type ArgumentsHost } from '@nestjs/common';
import { type CountersignError, type Principal } from '@countersign/core';
import { type FaultAnswer } from '../faults/fault-answer.js';
import { luggageOf, type HandledRequest } from './attachments.js';

/**
 * The part of a request's state that code without injected providers can read: parameter decorators and exception filters,
 * also those of another copy of this package.
 */
export interface AttachedState {
  /** The application that attached it. */
  readonly owner: StateOwner;
  /** The state that another application, in which this one is mounted, attached before. */
  readonly outer: AttachedState | undefined;
  /** Who was let in. */
  principal: Principal | undefined;
}

export interface StateOwner {
  /** Logs a fault that no guard raised, and says how this application answers it. */
  answerThrown(fault: CountersignError, host: ArgumentsHost): FaultAnswer;
}

/** The same for every copy of this package in the process. */
const STATE = Symbol.for('countersign:request-state');

/** The state that was attached last: that of the innermost application. */
export function attachedState(request: HandledRequest): AttachedState | undefined {
  return luggageOf<AttachedState>(request)[STATE];
}

/** Attaches a state to its request. A weak map with an entry for each request would keep the garbage collector busy. */
export function attachState(request: HandledRequest, state: AttachedState): void {
  luggageOf<AttachedState>(request)[STATE] = state;
}
