import 'reflect-metadata';
import { type Type } from '@nestjs/common';
import { refuseContradiction } from '@countersign/core/adapter';
import { refuseOtherVersion, THIS_COPY, type Copy } from '../copies.js';
import { classChain, memberNames, methodsOf, notedMethods, prototypeOf } from './handler-methods.js';
import { DECORATORS, type StatedRequirement } from './requirements.js';

/** A requirement, and which copy of this package put it there. */
interface Statement extends Copy {
  readonly requirement: StatedRequirement;
}

/** Under this name classes and methods keep their statements: the same for every copy of this package. */
const STATED = Symbol.for('countersign:stated');

/**
 * Adds requirements to a class or a method; never replaces what is there already.
 * Kept by class and method name, not by function, so that another decorator may wrap the function.
 * @throws CountersignError `config_invalid` when two of them cannot both hold.
 */
export function addStatements(
  target: object,
  methodName: string | symbol | undefined,
  requirements: readonly StatedRequirement[],
): void {
  const before = statementsOn(target, methodName);
  const added = requirements.map((requirement) => ({ ...THIS_COPY, requirement }));
  const statements: readonly Statement[] = [...before, ...added];
  refuseContradiction(
    statements.map(({ requirement }) => requirement),
    describeTarget(target, methodName),
    DECORATORS,
  );
  if (methodName === undefined) Reflect.defineMetadata(STATED, statements, target);
  else Reflect.defineMetadata(STATED, statements, target, methodName);
}

/**
 * Everything stated for one handler: by its class, by the method of its name, by the same of every base class, and by the
 * methods of other classes that its function was copied from. In this order what is nearer comes later: a class after its base
 * classes, and a method after its class.
 * @param instances of the class, which may have functions of their own in the place of its methods.
 * @returns undefined when it is not clear which method the handler is, and that makes a difference.
 * @throws CountersignError `config_invalid` for a statement of another version of this package.
 */
export function statedRequirements(
  type: Type,
  handler: unknown,
  instances: readonly object[],
): readonly StatedRequirement[] | undefined {
  const methods = methodsOf(type, handler, instances);
  const noted = onNotedMethods(handler, methods);
  const isUnknown = methods.size === 0;
  if (isUnknown && (noted.length > 0 || onMethods(type, memberNames(type)).length > 0)) return undefined;
  const statements = new Set([
    ...fromBase(type).flatMap((each) => statementsOn(each, undefined)),
    ...onMethods(type, methods),
    ...noted,
  ]);
  for (const statement of statements) refuseOtherVersion(statement, type.name);
  return [...statements].map(({ requirement }) => requirement);
}

/** Whether something is stated on a class or its methods, or on those of a base class. */
export function isDecorated(type: Type): boolean {
  const onClasses = classChain(type).flatMap((each) => statementsOn(each, undefined));
  return onClasses.length > 0 || onMethods(type, memberNames(type)).length > 0;
}

function onMethods(type: Type, names: ReadonlySet<string | symbol>): readonly Statement[] {
  return fromBase(type).flatMap((each) =>
    [...names].flatMap((name) => statementsOn(prototypeOf(each), name)),
  );
}

/** A class after its base classes. */
function fromBase(type: Type): readonly Type[] {
  return [...classChain(type)].reverse();
}

/** Metadata that was handed on from a method of another name adds requirements, and opens nothing. */
function onNotedMethods(handler: unknown, methods: ReadonlySet<string | symbol>): readonly Statement[] {
  return notedMethods(handler).flatMap(({ holder, name, found }) => {
    const statements = statementsOn(holder, name);
    if (found === handler || methods.has(name)) return statements;
    return statements.filter(({ requirement: { kind } }) => kind !== 'public' && kind !== 'optional');
  });
}

function statementsOn(target: object, methodName: string | symbol | undefined): readonly Statement[] {
  const statements: unknown =
    methodName === undefined
      ? Reflect.getOwnMetadata(STATED, target)
      : Reflect.getOwnMetadata(STATED, target, methodName);
  return isStatements(statements) ? statements : [];
}

/** Only copies of this package write under that name. */
function isStatements(value: unknown): value is readonly Statement[] {
  return Array.isArray(value);
}

function describeTarget(target: object, methodName: string | symbol | undefined): string {
  if (typeof target === 'function')
    return methodName === undefined ? target.name : `${target.name}.${String(methodName)}`;
  return `${target.constructor.name}#${String(methodName)}`;
}
