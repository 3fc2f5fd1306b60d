import { type Type } from '@nestjs/common';
import { MetadataScanner, type ModulesContainer } from '@nestjs/core';
import { isObject } from '../lib/is-object.js';
import { type NestModule, type Wrapper } from '../lib/nest-modules.js';
import { classChain, isClass, prototypeOf } from './handler-methods.js';

/** How a handler is reached. A field of GraphQL has guards of its own only where its module enables them. */
export type HandlerKind = 'http' | 'rpc' | 'ws' | 'graphql' | 'graphql-field';

interface Mark {
  readonly kind: HandlerKind;
  /** Where Nest looks for such handlers. */
  readonly on: 'controllers' | 'providers';
}

/** Under this name Nest keeps what `@Controller('path')` and `@Get('path')` say: a method that has it is a route. */
export const PATH_METADATA = 'path';

/** Under this name a resolver says to which type of GraphQL it belongs: its class, or each method for itself. */
const RESOLVER_TYPE_METADATA = 'graphql:resolver_type';

/** Every method of a class for one of these is a handler, whatever is on the method. */
const ROOT_TYPES: ReadonlySet<unknown> = new Set(['Query', 'Mutation', 'Subscription']);

/** The metadata by which Nest, or a package of Nest, knows a method to be a handler. */
const MARKS: ReadonlyMap<string, Mark> = new Map([
  [PATH_METADATA, { kind: 'http', on: 'controllers' }], // @Get, @Post, @Sse ...
  ['microservices:handler_type', { kind: 'rpc', on: 'controllers' }], // @MessagePattern, @EventPattern, @GrpcMethod
  ['websockets:message_mapping', { kind: 'ws', on: 'providers' }], // @SubscribeMessage
  [RESOLVER_TYPE_METADATA, { kind: 'graphql', on: 'providers' }], // @Query, @Mutation, @Subscription
  ['graphql:resolve_property', { kind: 'graphql-field', on: 'providers' }], // @ResolveField
  ['graphql:resolve_reference', { kind: 'graphql-field', on: 'providers' }], // @ResolveReference
]);

/** A method that others can call through Nest. */
export interface Handler {
  readonly type: Type;
  readonly name: string;
  readonly kind: HandlerKind;
  /** What stands under that name in the class. */
  readonly method: object;
}

/** A class that Nest makes something of, in the module that it belongs to. */
export interface Hosted {
  readonly module: NestModule;
  readonly on: Mark['on'];
  readonly wrapper: Wrapper;
}

/** Every controller and every provider of the application. */
export function hostedBy(modules: ModulesContainer): readonly Hosted[] {
  return [...modules.values()].flatMap((module) =>
    (['controllers', 'providers'] as const).flatMap((on) =>
      [...module[on].values()].map((wrapper: Wrapper) => ({ module, on, wrapper })),
    ),
  );
}

/**
 * The class by which Nest knows what it calls: the one that Nest was told to make an instance of, or one that extends it and
 * that the instance belongs to. Where a factory or a value is provided, the class of that, once it is there.
 */
export function typeOf(wrapper: Wrapper): Type | undefined {
  const named = classOf(wrapper.instance);
  if (wrapper.isNotMetatype) return named;
  const { metatype } = wrapper;
  if (!isClass(metatype)) return undefined;
  return named !== undefined && classChain(named).includes(metatype) ? named : metatype;
}

/** Whether Nest takes an object for one of that class, or of one that extends it; true as long as there is none. */
export function isInstanceOf(type: Type, instance: unknown): boolean {
  if (!isObject(instance)) return true;
  const named = classOf(instance);
  return (
    named !== undefined && classChain(named).includes(type) && Reflect.get(instance, 'constructor') === named
  );
}

/** The handlers of what Nest makes or gets: those of its class, and those of the class that its instance belongs to. */
export function handlersIn(wrapper: Wrapper, on: Mark['on']): readonly Handler[] {
  const types = new Set([typeOf(wrapper), classOf(wrapper.instance)]);
  return [...types].flatMap((type) => (type === undefined ? [] : handlersOf(type, on)));
}

function classOf(instance: unknown): Type | undefined {
  const prototype: unknown = isObject(instance) ? Object.getPrototypeOf(instance) : undefined;
  const type: unknown = isObject(prototype) ? prototype.constructor : undefined;
  return isClass(type) ? type : undefined;
}

/** The handlers of one class, each once for each way to reach it. */
export function handlersOf(type: Type, on: Mark['on']): readonly Handler[] {
  const prototype = prototypeOf(type);
  return new MetadataScanner().getAllMethodNames(prototype).flatMap((name) => {
    const method: unknown = Reflect.get(prototype, name);
    if (typeof method !== 'function') return [];
    return [...MARKS]
      .filter(([metadata, mark]) => mark.on === on && marks(metadata, type, method))
      .map(([, { kind }]) => ({ type, name, kind, method }));
  });
}

function marks(metadata: string, type: Type, method: object): boolean {
  if (Reflect.hasMetadata(metadata, method)) return true;
  return metadata === RESOLVER_TYPE_METADATA && ROOT_TYPES.has(Reflect.getMetadata(metadata, type));
}
