import 'reflect-metadata';
import {
  type CanActivate,
  type ExecutionContext,
  Inject,
  Injectable,
  Logger,
  Optional,
  type Type,
} from '@nestjs/common';
import { CountersignError } from '@countersign/core';
import { newInstance, toFaultAnswer } from '@countersign/core/http';
import { APPLICATION_GUARD } from '../countersign.tokens.js';
import { FaultException } from '../faults/fault.exception.js';
import { refuse } from '../faults/grpc-calls.js';
import { statedRequirements } from './statements.js';

/** Under this name Nest keeps the guards of a class. */
const GUARDS_METADATA = '__guards__';

/** Tells our guard from others, also that of another copy of this package. */
const IS_OURS = Symbol.for('countersign:handler-guard');

/** Under this name the context of a handler says which guard let it run. Nest makes one context for all guards of a handler. */
export const PASSED = Symbol.for('countersign:passed');

export type Passed = ExecutionContext & { [PASSED]?: CanActivate };

/**
 * Stands before the handlers of one class, beside the guard that stands before every handler of the application. Nest leaves the
 * latter out where a microservice is connected without `inheritAppConfig`, and before gateways in Nest 11; where
 * `CountersignModule` was forgotten there is none.
 */
@Injectable()
export class HandlerGuard implements CanActivate {
  constructor(@Optional() @Inject(APPLICATION_GUARD) private readonly whole?: CanActivate) {}

  canActivate(context: ExecutionContext): ReturnType<CanActivate['canActivate']> {
    return this.whole === undefined || this.whole.canActivate(context);
  }
}
Object.defineProperty(HandlerGuard, IS_OURS, { value: true });

/** Comes after it, and needs nothing injected: Nest leaves out a guard that it has not made for the module of the class. */
class Backstop implements CanActivate {
  readonly #logger = new Logger('Countersign');

  canActivate(context: Passed): true | Promise<never> {
    return context[PASSED] !== undefined || isOpen(context) || this.#refuse(context);
  }

  #refuse(context: ExecutionContext): Promise<never> {
    const { name } = context.getClass();
    const fault = new CountersignError(
      'config_invalid',
      `${name} says who may call it, but nobody checks: import CountersignModule.forRoot() in the root module`,
    );
    const instance = newInstance();
    this.#logger.error({ code: fault.code, reason: fault.message, instance });
    const answer = toFaultAnswer(fault, { service: name, instance, thrownByHandler: false });
    return refuse(new FaultException(fault, answer), fault, context);
  }
}

/** A class that states nothing may belong to an application without Countersign. */
function isOpen(context: ExecutionContext): boolean {
  const stated = statedRequirements(context.getClass(), context.getHandler(), []);
  return stated?.every(({ kind }) => kind === 'public' || kind === 'bodyLimit') === true;
}

/**
 * Puts the guard before the handlers of a class and of the classes that extend it. It runs before the class's other guards.
 * @returns our guards of the class, of which another copy of this package may have put one there.
 */
export function guardClass(type: object): readonly Type[] {
  const guards: unknown = Reflect.getMetadata(GUARDS_METADATA, type);
  const others: readonly unknown[] = Array.isArray(guards) ? guards : [];
  const ours = others.filter(isOurs);
  if (ours.length > 0) return ours;
  Reflect.defineMetadata(GUARDS_METADATA, [HandlerGuard, new Backstop(), ...others], type);
  return [HandlerGuard];
}

function isOurs(guard: unknown): guard is Type {
  return typeof guard === 'function' && IS_OURS in guard;
}
