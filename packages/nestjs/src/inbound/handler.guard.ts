import 'reflect-metadata';
import {
  type CanActivate,
  type ExecutionContext,
  Inject,
  Injectable,
  Logger,
  Optional,
} from '@nestjs/common';
import { CountersignError } from '@countersign/core';
import { APPLICATION_GUARD } from '../countersign.tokens.js';
import { newInstance, toFaultAnswer } from './fault-answer.js';
import { FaultException } from './fault.exception.js';
import { combine } from './requirements.js';
import { statedRequirements } from './statements.js';

/** Under this name Nest keeps the guards of a class. */
const GUARDS_METADATA = '__guards__';

/** Tells our guard from others, also that of another copy of this package. */
const IS_OURS = Symbol.for('countersign:handler-guard');

/**
 * Stands before the handlers of one class, beside the guard that stands before every handler of the application. Nest leaves the
 * latter out where a microservice is connected without `inheritAppConfig`, and before gateways in Nest 11; where
 * `CountersignModule` was forgotten there is none.
 */
@Injectable()
export class HandlerGuard implements CanActivate {
  readonly #logger = new Logger('Countersign');

  constructor(@Optional() @Inject(APPLICATION_GUARD) private readonly whole?: CanActivate) {}

  canActivate(context: ExecutionContext): ReturnType<CanActivate['canActivate']> {
    return this.whole === undefined ? this.#withoutModule(context) : this.whole.canActivate(context);
  }

  /** A class that states nothing may belong to an application without Countersign. */
  #withoutModule(context: ExecutionContext): true {
    const type = context.getClass();
    const stated = statedRequirements(type, context.getHandler(), []);
    if (stated !== undefined) {
      const rule = combine(stated, type.name);
      if (rule === undefined || rule.access === 'public') return true;
    }
    const fault = new CountersignError(
      'config_invalid',
      `${type.name} says who may call it, but nobody checks: import CountersignModule.forRoot() in the root module`,
    );
    const instance = newInstance();
    this.#logger.error({ code: fault.code, reason: fault.message, instance });
    throw new FaultException(
      fault,
      toFaultAnswer(fault, { service: type.name, instance, thrownByHandler: false }),
    );
  }
}
Object.defineProperty(HandlerGuard, IS_OURS, { value: true });

/** Puts the guard before the handlers of a class and of the classes that extend it. It runs before the class's other guards. */
export function guardClass(type: object): void {
  const guards: unknown = Reflect.getMetadata(GUARDS_METADATA, type);
  const others: readonly unknown[] = Array.isArray(guards) ? guards : [];
  if (others.some(isOurs)) return;
  Reflect.defineMetadata(GUARDS_METADATA, [HandlerGuard, ...others], type);
}

function isOurs(guard: unknown): boolean {
  return typeof guard === 'function' && IS_OURS in guard;
}
