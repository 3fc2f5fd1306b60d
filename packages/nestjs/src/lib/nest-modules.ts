import { type ModulesContainer } from '@nestjs/core';

/** A module, as Nest keeps it. */
export type NestModule = ModulesContainer extends Map<string, infer Each> ? Each : never;

/** What Nest keeps of a provider, a controller and the like: its class or factory, and what is injected into it. */
export type Wrapper = NestModule['providers'] extends Map<unknown, infer Each> ? Each : never;

/**
 * All that can have something injected in these modules: providers, controllers, injectables such as guards, and middleware.
 * Nest knows middleware only once the modules are initialized.
 */
export function wrappersIn(modules: Iterable<NestModule>): readonly Wrapper[] {
  return [...modules].flatMap(({ providers, controllers, injectables, middlewares }) =>
    [providers, controllers, injectables, middlewares].flatMap((wrappers) => [...wrappers.values()]),
  );
}
