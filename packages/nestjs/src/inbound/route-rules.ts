import { type ExecutionContext, Inject, Injectable, type OnModuleInit, type Type } from '@nestjs/common';
import { ModuleRef, ModulesContainer } from '@nestjs/core';
import { CountersignError } from '@countersign/core';
import { combineStatements, requiredScopes } from '@countersign/core/adapter';
import { type ExemptController, type ResolvedOptions } from '../countersign.options.js';
import { COUNTERSIGN_OPTIONS } from '../countersign.tokens.js';
import { handlersOf, hostedBy, typeOf, type Handler } from './handler-kinds.js';
import { noteMethod, prototypeOf } from './handler-methods.js';
import { type HandlerPolicy } from '../countersign.extensions.js';
import { DECORATORS, type RouteRule, type StatedRequirement } from './requirements.js';
import { statedRequirements } from './statements.js';

/** A handler that says who may call it. */
export interface RuledHandler extends Handler {
  readonly rule: RouteRule;
}

/** Who may call which handler. */
@Injectable()
export class RouteRules implements OnModuleInit {
  /** Weak, since a class of which Nest makes an instance for each request may have other functions each time. */
  readonly #rules = new WeakMap<Type, WeakMap<object, RouteRule | undefined>>();
  readonly #policies = new Map<Type<HandlerPolicy>, HandlerPolicy>();

  constructor(
    private readonly modules: ModulesContainer,
    private readonly moduleRef: ModuleRef,
    @Inject(COUNTERSIGN_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /** @throws CountersignError `config_invalid` for a policy that nobody provides. */
  onModuleInit(): void {
    for (const { rule } of this.handlers()) rule?.policies.forEach((policy) => this.policy(policy));
  }

  /** The rule of the handler that is about to run; undefined when nothing says who may call it. */
  ruleFor(context: ExecutionContext): RouteRule | undefined {
    return this.ruleOf(context.getClass(), context.getHandler());
  }

  /** @throws CountersignError `config_invalid` for requirements that cannot hold together. */
  ruleOf(type: Type, handler: object): RouteRule | undefined {
    let rules = this.#rules.get(type);
    if (rules === undefined) this.#rules.set(type, (rules = new WeakMap()));
    const known = rules.get(handler);
    if (known !== undefined || rules.has(handler)) return known;
    const rule = this.#read(type, handler);
    rules.set(handler, rule);
    return rule;
  }

  /** Every handler of the application, with its rule, if it has one. */
  handlers(): readonly (Handler & { readonly rule: RouteRule | undefined })[] {
    const found = new Map<string, Set<Type>>();
    const handlers = hostedBy(this.modules).flatMap(({ on, wrapper }) => {
      const type = typeOf(wrapper);
      const known = found.get(on) ?? new Set();
      found.set(on, known);
      if (type === undefined || known.has(type)) return [];
      known.add(type);
      return handlersOf(type, on);
    });
    return handlers.map((handler) => ({ ...handler, rule: this.ruleOf(handler.type, handler.method) }));
  }

  /** Every route that says who may call it. */
  routes(): readonly RuledHandler[] {
    return this.handlers().flatMap(({ rule, ...handler }) =>
      rule === undefined || handler.kind !== 'http' ? [] : [{ ...handler, rule }],
    );
  }

  /** Every scope that some route asks for, in the order of the alphabet. */
  scopes(): readonly string[] {
    return requiredScopes(this.routes().map(({ rule }) => rule));
  }

  /** The provider of that class, from whatever module provides it. */
  policy(type: Type<HandlerPolicy>): HandlerPolicy {
    let policy = this.#policies.get(type);
    if (policy === undefined) {
      policy = provided(this.moduleRef, type, '@Policies() names');
      this.#policies.set(type, policy);
    }
    return policy;
  }

  /**
   * Notes on each handler which method it is, before tracing tools put functions of their own in its place: on the functions
   * of the classes, and on those that instances have of their own.
   */
  noteMethods(): void {
    for (const { on, wrapper } of hostedBy(this.modules)) {
      const type = typeOf(wrapper);
      if (type === undefined) continue;
      for (const { name, method } of handlersOf(type, on)) {
        const noted = { holder: prototypeOf(type), name };
        noteMethod(method, noted);
        const instance: unknown = wrapper.instance;
        if (typeof instance === 'object' && instance !== null)
          noteMethod(Reflect.getOwnPropertyDescriptor(instance, name)?.value, noted);
      }
    }
  }

  #read(type: Type, handler: object): RouteRule | undefined {
    const exempt = this.options.exempt
      .filter(({ controller }) => controller === type)
      .flatMap(statedByExemption);
    const stated = statedRequirements(type, handler, this.#instancesOf(type));
    if (stated === undefined) return unclear(type);
    const all = [...exempt, ...stated];
    const isStated = all.some(({ kind }) => kind !== 'bodyLimit');
    if (!isStated && this.options.undecorated === 'authenticated') all.push({ kind: 'authenticated' });
    return combineStatements(all, describe(type, handler), DECORATORS);
  }

  #instancesOf(type: Type): readonly object[] {
    return hostedBy(this.modules).flatMap(({ wrapper }) => {
      const instance: unknown = wrapper.instance;
      return typeOf(wrapper) === type && typeof instance === 'object' && instance !== null ? [instance] : [];
    });
  }
}

/** Nobody may call a handler of which it is not clear what it requires. */
function unclear({ name }: Type): RouteRule {
  const problem =
    `a function that cannot be matched to a method of ${name} replaces one of its handlers. Let a ` +
    'decorator put it there, not the constructor, or state on a class for these handlers who may call any of them.';
  return { access: 'guarded', requirements: [], policies: [], problem };
}

function describe(type: Type, handler: object): string {
  return `${type.name}#${typeof handler === 'function' ? handler.name : '?'}`;
}

/**
 * A provider of the application, by its class.
 * @throws CountersignError `config_invalid` when no module provides it.
 */
export function provided<Provider>(moduleRef: ModuleRef, type: Type<Provider>, who: string): Provider {
  try {
    return moduleRef.get(type, { strict: false });
  } catch (cause) {
    throw new CountersignError(
      'config_invalid',
      `${who} ${type.name}, which no module provides as a singleton; add it to the providers of a module`,
      { cause },
    );
  }
}

function statedByExemption(exempt: ExemptController): readonly StatedRequirement[] {
  return exempt.as === 'public' ? [{ kind: 'public' }] : exempt.as;
}
