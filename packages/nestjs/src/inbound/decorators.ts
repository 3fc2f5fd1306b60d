import { createParamDecorator, type ExecutionContext, type Type } from '@nestjs/common';
import { CountersignError, type Principal } from '@countersign/core';
import { currentPrincipal } from '../request/current-principal.js';
import { type HandlerPolicy } from '../countersign.extensions.js';
import { noteMethod } from './handler-methods.js';
import { guardClass } from './handler.guard.js';
import { type StatedRequirement } from './requirements.js';
import { addStatements } from './statements.js';

type RouteDecorator = ClassDecorator & MethodDecorator;
type Names = readonly [string, ...string[]];

/** The syntax of a scope (RFC 6749 section 3.3). */
const SCOPE = /^[\x21\x23-\x5B\x5D-\x7E]+$/;

/** Lets a principal in that has all these scopes. `Scopes.any` wants one of them. */
export const Scopes = Object.assign(
  (...scopes: Names): RouteDecorator =>
    stating(...named('@Scopes', scopes, SCOPE).map((scope) => ({ kind: 'scope', anyOf: [scope] }) as const)),
  {
    any: (...scopes: Names): RouteDecorator =>
      stating({ kind: 'scope', anyOf: named('@Scopes.any', scopes, SCOPE) }),
  },
);

/**
 * Lets a principal in that has all these roles. `Roles.any` wants one of them.
 * A service that speaks for itself has those that its token names, unless the `roles` of its trust record limit them.
 */
export const Roles = Object.assign(
  (...roles: Names): RouteDecorator =>
    stating(...named('@Roles', roles).map((role) => ({ kind: 'role', anyOf: [role] }) as const)),
  {
    any: (...roles: Names): RouteDecorator => stating({ kind: 'role', anyOf: named('@Roles.any', roles) }),
  },
);

/** Lets the named services in, by the `name` of their trust records: any of them. */
export function Callers(...callers: Names): RouteDecorator {
  return stating({ kind: 'caller', anyOf: named('@Callers', callers) });
}

/**
 * Lets every authenticated principal in; with an argument, only users or only services that speak for themselves.
 * `Authenticated.optional()` also lets anonymous requests in: a request without a token, never one with a bad token.
 */
export const Authenticated = Object.assign(
  (subject?: 'user' | 'service'): RouteDecorator =>
    stating(subject === undefined ? { kind: 'authenticated' } : { kind: 'subject', is: subject }),
  { optional: (): RouteDecorator => stating({ kind: 'optional' }) },
);

/** Lets everybody in; a token is not even looked at. Cannot stand beside any other requirement. */
export function Public(): RouteDecorator {
  return stating({ kind: 'public' });
}

/** Asks the application's own rules, after the route's other requirements hold; all must permit. */
export function Policies(
  ...policies: readonly [Type<HandlerPolicy>, ...Type<HandlerPolicy>[]]
): RouteDecorator {
  if (policies.length < 1 || !policies.every((policy) => typeof policy === 'function')) {
    throw new CountersignError('config_invalid', '@Policies() needs the class of at least one policy');
  }
  return stating(...policies.map((policy) => ({ kind: 'policy', policy }) as const));
}

/** Hands the principal to a handler's parameter: undefined on public routes and for anonymous requests. */
// The type is spelt out because the one that Nest 12 infers names a type that Nest 11 lacks.
export const CurrentPrincipal: () => ParameterDecorator = createParamDecorator(
  (_none: undefined, context: ExecutionContext): Principal | undefined => currentPrincipal(context),
);

/** Makes a decorator that adds requirements to a class or a method, and sees to it that somebody checks them. */
function stating(...requirements: readonly StatedRequirement[]): RouteDecorator {
  return (target: object, methodName?: string | symbol, descriptor?: { readonly value?: unknown }): void => {
    addStatements(target, methodName, requirements);
    if (methodName !== undefined) noteMethod(descriptor?.value, { holder: target, name: methodName });
    guardClass(typeof target === 'function' ? target : target.constructor);
  };
}

function named(decorator: string, names: readonly string[], syntax?: RegExp): readonly string[] {
  if (names.length === 0) {
    throw new CountersignError(
      'config_invalid',
      `${decorator}() needs at least one name; write @Authenticated() to let in everybody who is authenticated`,
    );
  }
  const wrong = names.find((name) => typeof name !== 'string' || name === '' || syntax?.test(name) === false);
  if (wrong !== undefined) {
    throw new CountersignError(
      'config_invalid',
      `${decorator}() got ${JSON.stringify(wrong)}, which is not one name`,
    );
  }
  return names;
}
