import 'reflect-metadata';
import { type Type } from '@nestjs/common';
import { CountersignError, type Requirement } from '@countersign/core';
import { type HandlerPolicy } from './handler-policy.js';

/** What one decorator says about a route: a requirement of core, or one that only the module knows. */
export type StatedRequirement =
  | Requirement
  | { readonly kind: 'public' }
  | { readonly kind: 'optional' }
  | { readonly kind: 'policy'; readonly policy: Type<HandlerPolicy> };

/** Who may call a route: everything that its class, its method and their base classes state, added up. */
export interface RouteRule {
  readonly access: 'public' | 'optional' | 'guarded';
  readonly requirements: readonly Requirement[];
  readonly policies: readonly Type<HandlerPolicy>[];
}

/** How each kind is written, for messages. */
const DECORATORS: Readonly<Record<StatedRequirement['kind'], string>> = {
  public: '@Public()',
  optional: '@Authenticated.optional()',
  authenticated: '@Authenticated()',
  subject: "@Authenticated('user' or 'service')",
  scope: '@Scopes()',
  role: '@Roles()',
  caller: '@Callers()',
  policy: '@Policies()',
};

const STATED = Symbol('countersign:stated');
const METHOD_NAME = Symbol('countersign:method-name');

/**
 * Makes a decorator that adds requirements to a controller or a handler: it never replaces what is there already.
 * Kept by class and method name, not by function, so that another decorator may wrap the function.
 */
export function stating(...requirements: readonly StatedRequirement[]): ClassDecorator & MethodDecorator {
  return (target: object, methodName?: string | symbol, descriptor?: { readonly value?: unknown }): void => {
    const stated = [...statedOn(target, methodName), ...requirements];
    refuseContradiction(stated, describeTarget(target, methodName));
    if (methodName === undefined) {
      Reflect.defineMetadata(STATED, stated, target);
      return;
    }
    Reflect.defineMetadata(STATED, stated, target, methodName);
    if (typeof descriptor?.value === 'function')
      Reflect.defineMetadata(METHOD_NAME, methodName, descriptor.value);
  };
}

/**
 * Everything stated for one handler: by its class, by the method of its name, and by the same of every base class.
 * @returns nothing at all, not even what the class states, when the handler cannot be told to be a method of the class.
 */
export function statedRequirements(controller: Type, handler: unknown): readonly StatedRequirement[] {
  const classes = classChain(controller);
  const names = methodNames(classes, handler);
  if (names.size === 0) return [];
  return classes.flatMap((type) => [
    ...statedOn(type, undefined),
    ...[...names].flatMap((name) => statedOn(prototypeOf(type), name)),
  ]);
}

/**
 * Adds up what is stated.
 * @returns undefined when nothing is stated.
 * @throws CountersignError `config_invalid` when two statements cannot both hold.
 */
export function combine(stated: readonly StatedRequirement[], route: string): RouteRule | undefined {
  if (stated.length === 0) return undefined;
  refuseContradiction(stated, route);
  const requirements: Requirement[] = [];
  const policies = new Set<Type<HandlerPolicy>>();
  let access: RouteRule['access'] = 'guarded';
  for (const each of stated) {
    if (each.kind === 'public' || each.kind === 'optional') access = each.kind;
    else if (each.kind === 'policy') policies.add(each.policy);
    else requirements.push(each);
  }
  if (access === 'guarded' && requirements.length === 0) requirements.push({ kind: 'authenticated' });
  return { access, requirements, policies: [...policies] };
}

/** `@Public()` and `@Authenticated.optional()` let anybody in, so nothing can be added to them. */
function refuseContradiction(stated: readonly StatedRequirement[], route: string): void {
  for (const open of ['public', 'optional'] as const) {
    const other = stated.find((each) => each.kind !== open);
    if (other !== undefined && stated.some((each) => each.kind === open)) {
      throw contradiction(route, `${DECORATORS[open]} and also ${DECORATORS[other.kind]}`);
    }
  }
  const subjects = new Set(stated.flatMap((each) => (each.kind === 'subject' ? [each.is] : [])));
  if (subjects.size > 1)
    throw contradiction(route, "both @Authenticated('user') and @Authenticated('service')");
}

function contradiction(route: string, what: string): CountersignError {
  return new CountersignError(
    'config_invalid',
    `${route} is ${what}, on itself or on its class. Requirements add up, and these two cannot both hold: ` +
      'remove one of them, or move the route to a controller of its own.',
  );
}

function statedOn(target: object, methodName: string | symbol | undefined): readonly StatedRequirement[] {
  const stated: unknown =
    methodName === undefined
      ? Reflect.getOwnMetadata(STATED, target)
      : Reflect.getOwnMetadata(STATED, target, methodName);
  return isStated(stated) ? stated : [];
}

/** The key is a symbol of ours, so nobody else writes what stands under it. */
function isStated(value: unknown): value is readonly StatedRequirement[] {
  return Array.isArray(value);
}

function classChain(type: Type): readonly Type[] {
  const chain: Type[] = [];
  for (let each: unknown = type; isClass(each); each = Object.getPrototypeOf(each)) chain.push(each);
  return chain;
}

function isClass(value: unknown): value is Type {
  return typeof value === 'function' && Object.hasOwn(value, 'prototype');
}

/** What the methods of a class hang on. */
export function prototypeOf(type: Type): object {
  const prototype: unknown = type.prototype;
  return typeof prototype === 'object' && prototype !== null ? prototype : Object.prototype;
}

/**
 * The names under which the classes hold a handler; one function may serve two routes.
 * Tracing tools put a function of their own in its place, with the metadata and the name of the one that it wraps.
 */
function methodNames(classes: readonly Type[], handler: unknown): ReadonlySet<string | symbol> {
  const names = new Set<string | symbol>();
  if (typeof handler !== 'function') return names;
  const stated: unknown = Reflect.getOwnMetadata(METHOD_NAME, handler);
  if (typeof stated === 'string' || typeof stated === 'symbol') names.add(stated);
  for (const type of classes) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(prototypeOf(type)))) {
      if (value === handler) names.add(name);
    }
  }
  if (names.size === 0 && classes.some((type) => Object.hasOwn(prototypeOf(type), handler.name)))
    names.add(handler.name);
  return names;
}

function describeTarget(target: object, methodName: string | symbol | undefined): string {
  if (typeof target === 'function')
    return methodName === undefined ? target.name : `${target.name}.${String(methodName)}`;
  return `${target.constructor.name}#${String(methodName)}`;
}
