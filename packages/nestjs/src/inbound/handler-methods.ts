import 'reflect-metadata';
import { type Type } from '@nestjs/common';

/** Under this name a function of a handler says as which methods of its class it was found. */
const METHODS = Symbol.for('countersign:methods');

type MethodName = string | symbol;

/** A class and its base classes. */
export function classChain(type: Type): readonly Type[] {
  const chain: Type[] = [];
  for (let each: unknown = type; isClass(each); each = Object.getPrototypeOf(each)) chain.push(each);
  return chain;
}

export function isClass(value: unknown): value is Type {
  return typeof value === 'function' && Object.hasOwn(value, 'prototype');
}

/** What the methods of a class hang on. */
export function prototypeOf(type: Type): object {
  const prototype: unknown = type.prototype;
  return typeof prototype === 'object' && prototype !== null ? prototype : Object.prototype;
}

/** The names of everything that a class and its base classes have as methods. */
export function memberNames(type: Type): ReadonlySet<MethodName> {
  return new Set(classChain(type).flatMap((each) => Reflect.ownKeys(prototypeOf(each))));
}

/**
 * Notes on a function that it stands for a method. A tracing tool that puts its own function in the place of a handler hands
 * the metadata on to it, and so the note.
 */
export function noteMethod(handler: unknown, name: MethodName): void {
  if (typeof handler !== 'function') return;
  const noted = notedMethods(handler);
  if (!noted.includes(name)) Reflect.defineMetadata(METHODS, [...noted, name], handler);
}

/**
 * As which methods of its class a handler runs. One function may serve two; none are found for a function that neither the
 * class nor one of the instances has, and that carries no note. The name of the function says nothing: anybody can give it any.
 */
export function methodsOf(
  type: Type,
  handler: unknown,
  instances: readonly object[],
): ReadonlySet<MethodName> {
  const holders = [...classChain(type).map(prototypeOf), ...instances];
  const found = holders.flatMap((holder) =>
    Reflect.ownKeys(holder).filter((name) => valueOf(holder, name) === handler),
  );
  return new Set(found.length > 0 || typeof handler !== 'function' ? found : notedMethods(handler));
}

/** Not by reading the member, which would call an accessor. */
function valueOf(holder: object, name: MethodName): unknown {
  return Reflect.getOwnPropertyDescriptor(holder, name)?.value;
}

function notedMethods(handler: object): readonly MethodName[] {
  const noted: unknown = Reflect.getOwnMetadata(METHODS, handler);
  return Array.isArray(noted) ? noted.filter(isMethodName) : [];
}

function isMethodName(value: unknown): value is MethodName {
  return typeof value === 'string' || typeof value === 'symbol';
}
