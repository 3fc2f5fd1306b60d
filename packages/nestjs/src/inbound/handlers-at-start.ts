import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { CountersignError } from '@countersign/core';
import { type ResolvedOptions } from '../countersign.options.js';
import { APPLICATION_GUARD, COUNTERSIGN_OPTIONS } from '../countersign.tokens.js';
import { type ApplicationGuard } from './application.guard.js';
import { handlersIn, hostedBy, typeOf, type HandlerKind } from './handler-kinds.js';
import { guardClass, HandlerGuard } from './handler.guard.js';
import { refuseMistakenInstances } from './mistaken-instances.js';
import { RouteRules } from './route-rules.js';
import { isDecorated } from './statements.js';

/** Under this name `GraphQLModule` provides its options. */
const GRAPHQL_OPTIONS = 'GqlModuleOptions';

/** What must see the fields: guards, and filters, without which a client reads the operator's reason for a fault. */
const FIELD_ENHANCERS = ['guards', 'filters'];

/** Nest lets no guard see a method of this name. It should say of which type a value is, and may resolve anything. */
const NEVER_GUARDED = '__resolveType';

/**
 * Looks at every handler when the application is made and when it starts. A guard stands before each of them, or the
 * application does not start.
 */
@Injectable()
export class HandlersAtStart implements OnModuleInit, OnApplicationBootstrap {
  constructor(
    private readonly modules: ModulesContainer,
    private readonly rules: RouteRules,
    @Inject(COUNTERSIGN_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(APPLICATION_GUARD) whole: ApplicationGuard,
  ) {
    const guard = new HandlerGuard(whole);
    // Now: a microservice that is connected to the application may serve messages before the application is initialised.
    this.#guardEveryClass(guard);
    beforeEachWalk(modules, () => this.#guardEveryClass(guard));
  }

  /**
   * @throws CountersignError `policy_missing` listing every handler that states no requirement; `config_invalid` for an exempt
   * class that is not there, and for fields of GraphQL that no guard or no filter would see.
   */
  onModuleInit(): void {
    this.#refuseAbsentExemptions();
    this.#refuseUnguarded();
  }

  /** Once more: other providers may have made handlers of methods in the meantime. */
  onApplicationBootstrap(): void {
    this.#refuseUnguarded();
  }

  #refuseUnguarded(): void {
    const handlers = this.rules.handlers();
    const undecorated = handlers.filter(({ rule }) => rule === undefined);
    if (undecorated.length > 0) throw listUndecorated(undecorated.map(nameOf));
    const isGuarded = this.#guardsFields();
    const unguarded = handlers.filter(
      ({ kind, name, rule }) =>
        rule?.access !== 'public' &&
        ((kind === 'graphql-field' && !isGuarded) || (isGraphql(kind) && name === NEVER_GUARDED)),
    );
    if (unguarded.length > 0) throw listUnguardedFields(unguarded.map(nameOf));
  }

  #guardEveryClass(guard: HandlerGuard): void {
    for (const { module, on, wrapper } of hostedBy(this.modules)) {
      const type = typeOf(wrapper);
      if (type === undefined) continue;
      const hasHandlers = handlersIn(wrapper, on).length > 0;
      if (hasHandlers || isDecorated(type)) refuseMistakenInstances(type, wrapper);
      if (!hasHandlers) continue;
      for (const provide of guardClass(type)) {
        // Nest has provided the guard already where the class had it when Nest looked.
        if (!module.injectables.has(provide)) module.addInjectable({ provide, useValue: guard }, 'guard');
      }
    }
  }

  #refuseAbsentExemptions(): void {
    const types = new Set(hostedBy(this.modules).map(({ wrapper }) => typeOf(wrapper)));
    for (const { controller } of this.options.exempt) {
      if (types.has(controller)) continue;
      throw new CountersignError(
        'config_invalid',
        `exempt names ${controller.name}, which is no controller, gateway or resolver of this application`,
      );
    }
  }

  /** Whether each module of GraphQL lets guards and filters see the fields. */
  #guardsFields(): boolean {
    return hostedBy(this.modules)
      .filter(({ wrapper }) => wrapper.token === GRAPHQL_OPTIONS)
      .every(({ wrapper }) => {
        const options: unknown = wrapper.instance;
        const enhancers: unknown =
          typeof options === 'object' && options !== null && 'fieldResolverEnhancers' in options
            ? options.fieldResolverEnhancers
            : undefined;
        return Array.isArray(enhancers) && FIELD_ENHANCERS.every((each) => enhancers.includes(each));
      });
  }
}

/**
 * Nest walks through its modules before it registers the handlers of a microservice or of gateways, and after it has loaded
 * another module, and tells nobody. Instances are there by then that were not, and so may handlers be.
 */
function beforeEachWalk(modules: ModulesContainer, look: () => void): void {
  const forEach = modules.forEach.bind(modules);
  const entries = modules.entries.bind(modules);
  modules.forEach = (...how) => {
    look();
    forEach(...how);
  };
  modules.entries = () => {
    look();
    return entries();
  };
}

function isGraphql(kind: HandlerKind): boolean {
  return kind === 'graphql' || kind === 'graphql-field';
}

function nameOf({ type, name }: { readonly type: { readonly name: string }; readonly name: string }): string {
  return `${type.name}#${name}`;
}

function listUndecorated(handlers: readonly string[]): CountersignError {
  return new CountersignError(
    'policy_missing',
    [
      'These handlers do not say who may call them:',
      ...new Set(handlers.map((handler) => `  ${handler}`)),
      'Decorate each, or its class, with @Scopes, @Roles, @Callers, @Authenticated, @Policies or @Public;',
      "name classes of third parties in `exempt`; or relax all of them by `undecorated: 'authenticated'`.",
    ].join('\n'),
  );
}

function listUnguardedFields(fields: readonly string[]): CountersignError {
  return new CountersignError(
    'config_invalid',
    [
      'Nest lets no guard, or no filter, see these resolvers of GraphQL:',
      ...fields.map((field) => `  ${field}`),
      "Add fieldResolverEnhancers: ['guards', 'filters'] to the options of GraphQLModule, or let everybody read them with",
      `@Public(). For ${NEVER_GUARDED} only the latter is possible: put it into a resolver of its own, or give it another name.`,
    ].join('\n'),
  );
}
