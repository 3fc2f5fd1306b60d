import { type ExecutionContext, Inject, Injectable, type OnModuleInit, type Type } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, ModuleRef } from '@nestjs/core';
import { CountersignError } from '@countersign/core';
import { type ExemptController, type ResolvedOptions } from '../countersign.options.js';
import { COUNTERSIGN_OPTIONS } from '../countersign.tokens.js';
import { type HandlerPolicy } from './handler-policy.js';
import {
  combine,
  prototypeOf,
  statedRequirements,
  type RouteRule,
  type StatedRequirement,
} from './requirements.js';

/** Under this name Nest keeps the HTTP method of a handler: what has it is a route. */
export const HTTP_METHOD_METADATA = 'method';

/** Who may call which handler. Looks at every route when the application starts, and will not start when one is unclear. */
@Injectable()
export class RouteRules implements OnModuleInit {
  readonly #rules = new WeakMap<Type, Map<unknown, RouteRule | undefined>>();
  readonly #policies = new Map<Type<HandlerPolicy>, HandlerPolicy>();

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly moduleRef: ModuleRef,
    @Inject(COUNTERSIGN_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /**
   * @throws CountersignError `policy_missing` listing every handler that states no requirement; `config_invalid` for
   * requirements that cannot hold together, a policy that nobody provides, or an exempt controller that is not there.
   */
  onModuleInit(): void {
    const controllers = this.#controllers();
    for (const { controller } of this.options.exempt) {
      if (!controllers.includes(controller)) {
        throw new CountersignError(
          'config_invalid',
          `exempt names ${controller.name}, which is no controller of this application`,
        );
      }
    }
    const undecorated: string[] = [];
    for (const controller of controllers) {
      for (const { name, handler } of this.#routesOf(controller)) {
        const rule = this.ruleOf(controller, handler);
        if (rule === undefined) undecorated.push(`${controller.name}#${name}`);
        else rule.policies.forEach((policy) => this.policy(policy));
      }
    }
    if (undecorated.length > 0) throw listUndecorated(undecorated);
  }

  /** The rule of the handler that is about to run; undefined when nothing says who may call it. */
  ruleFor(context: ExecutionContext): RouteRule | undefined {
    return this.ruleOf(context.getClass(), context.getHandler());
  }

  ruleOf(controller: Type, handler: unknown): RouteRule | undefined {
    const rules = this.#rules.get(controller) ?? new Map<unknown, RouteRule | undefined>();
    this.#rules.set(controller, rules);
    if (!rules.has(handler)) rules.set(handler, this.#read(controller, handler));
    return rules.get(handler);
  }

  /** Every route that says who may call it. */
  routes(): readonly { readonly controller: Type; readonly handler: object; readonly rule: RouteRule }[] {
    return this.#controllers().flatMap((controller) =>
      this.#routesOf(controller).flatMap(({ handler }) => {
        const rule = this.ruleOf(controller, handler);
        return rule === undefined || typeof handler !== 'function' ? [] : [{ controller, handler, rule }];
      }),
    );
  }

  /** Every scope that some route asks for, in the order of the alphabet. */
  scopes(): readonly string[] {
    const requirements = this.routes().flatMap(({ rule }) => rule.requirements);
    const scopes = requirements.flatMap((each) => (each.kind === 'scope' ? each.anyOf : []));
    return [...new Set(scopes)].sort();
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

  #read(controller: Type, handler: unknown): RouteRule | undefined {
    const name = typeof handler === 'function' ? handler.name : '?';
    const exempt = this.options.exempt
      .filter((each) => each.controller === controller)
      .flatMap(statedByExemption);
    const stated = [...exempt, ...statedRequirements(controller, handler)];
    if (stated.length === 0 && this.options.undecorated === 'authenticated')
      stated.push({ kind: 'authenticated' });
    return combine(stated, `${controller.name}#${name}`);
  }

  #controllers(): readonly Type[] {
    const types = this.discovery.getControllers().map((wrapper) => wrapper.metatype);
    return [...new Set(types)].filter((type): type is Type => typeof type === 'function');
  }

  #routesOf(controller: Type): readonly { readonly name: string; readonly handler: unknown }[] {
    const prototype = prototypeOf(controller);
    return this.scanner
      .getAllMethodNames(prototype)
      .map((name) => ({ name, handler: Reflect.get(prototype, name) as unknown }))
      .filter(
        ({ handler }) => typeof handler === 'function' && Reflect.hasMetadata(HTTP_METHOD_METADATA, handler),
      );
  }
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

function listUndecorated(handlers: readonly string[]): CountersignError {
  return new CountersignError(
    'policy_missing',
    [
      'These handlers do not say who may call them:',
      ...handlers.map((handler) => `  ${handler}`),
      'Decorate each, or its class, with @Scopes, @Roles, @Callers, @Authenticated, @Policies or @Public;',
      "name controllers of third parties in `exempt`; or relax all of them by `undecorated: 'authenticated'`.",
    ].join('\n'),
  );
}
