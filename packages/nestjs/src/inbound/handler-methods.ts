import 'reflect-metadata';
import { type Type } from '@nestjs/common';

/** Under this name a function says as which methods of which classes it was found. */
const METHODS = Symbol.for('countersign:methods');

type MethodName = string | symbol;

/** A method, by the object that its class has it on. */
export interface NotedMethod {
  readonly holder: object;
  readonly name: MethodName;
}

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
 * the metadata on to it, and so the note; a mixin that copies a method into another class takes the note along.
 */
export function noteMethod(handler: unknown, { holder, name }: NotedMethod): void {
  if (typeof handler !== 'function') return;
  const noted = notedMethods(handler);
  if (noted.some((each) => each.holder === holder && each.name === name)) return;
  Reflect.defineMetadata(METHODS, [...noted, { holder, name }], handler);
}

/** What is noted on a function. */
export function notedMethods(handler: unknown): readonly NotedMethod[] {
  const noted: unknown = typeof handler === 'function' ? Reflect.getOwnMetadata(METHODS, handler) : undefined;
  return isNoted(noted) ? noted : [];
}

/** Only copies of this package write under that name. */
function isNoted(value: unknown): value is readonly NotedMethod[] {
  return Array.isArray(value);
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
  return new Set(found.length > 0 ? found : notedMethods(handler).map(({ name }) => name));
}

/** Not by reading the member, which would call an accessor. */
function valueOf(holder: object, name: MethodName): unknown {
  return Reflect.getOwnPropertyDescriptor(holder, name)?.value;
}
