import 'reflect-metadata';
import { type Type } from '@nestjs/common';

/** Under this name a function says as which methods of which classes it was found. */
const METHODS = Symbol.for('countersign:methods');

type MethodName = string | symbol;

/** A method, by the object that its class has it on. */
export interface NamedMethod {
  readonly holder: object;
  readonly name: MethodName;
}

/** What is noted on a function: as which method one was found, itself or the one whose metadata was handed on to it. */
export interface NotedMethod extends NamedMethod {
  readonly found: object;
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
 * Notes on a function that it was found as a method, which holds when a tracing tool puts a function of its own in its place. A
 * mixin that copies a method into another class takes the note along, and so does a tool that hands the metadata on.
 */
export function noteMethod(handler: unknown, { holder, name }: NamedMethod): void {
  if (typeof handler !== 'function') return;
  const noted = notedMethods(handler);
  const isNoted = noted.some(
    (each) => each.found === handler && each.holder === holder && each.name === name,
  );
  if (!isNoted) Reflect.defineMetadata(METHODS, [...noted, { holder, name, found: handler }], handler);
}

/** What is noted on a function. */
export function notedMethods(handler: unknown): readonly NotedMethod[] {
  const noted: unknown = typeof handler === 'function' ? Reflect.getOwnMetadata(METHODS, handler) : undefined;
  return isNotes(noted) ? noted : [];
}

/** Only copies of this package write under that name. */
function isNotes(value: unknown): value is readonly NotedMethod[] {
  return Array.isArray(value);
}

/**
 * As which methods of its class a handler runs. One function may serve two; none are found for a function that neither the
 * class nor one of the instances has, and that was not found there before. The name of the function says nothing, and neither
 * does metadata that was handed on to it: anybody can give it any.
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
  if (found.length > 0) return new Set(found);
  const noted = notedMethods(handler).filter((each) => each.found === handler);
  return new Set(noted.map(({ name }) => name));
}

/** Not by reading the member, which would call an accessor. */
function valueOf(holder: object, name: MethodName): unknown {
  return Reflect.getOwnPropertyDescriptor(holder, name)?.value;
}
