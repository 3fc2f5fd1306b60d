import { createParamDecorator, type ExecutionContext, type Type } from '@nestjs/common';
import { CountersignError, type Principal } from '@countersign/core';
import { isScope } from '@countersign/core/adapter';
import { readByteSize, type ByteSize } from '@countersign/core/http';
import { currentPrincipal } from '../request/current-principal.js';
import { type HandlerPolicy } from '../countersign.extensions.js';
import { noteMethod } from './handler-methods.js';
import { guardClass } from './handler.guard.js';
import { type StatedRequirement } from './requirements.js';
import { addStatements } from './statements.js';

type RouteDecorator = ClassDecorator & MethodDecorator;
type Names = readonly [string, ...string[]];

/**
 * Requires all of the given scopes; `Scopes.any` requires one of them. On a class it applies to every handler. All decorators
 * of a class and its handler must hold. Refused with `scope_missing` (403).
 *
 * @example
 * @Get('user/:id')
 * @Scopes('user:read')
 * user(@Param('id') id: string) {}
 */
export const Scopes = Object.assign(
  (...scopes: Names): RouteDecorator =>
    stating(
      ...named('@Scopes', scopes, isScope).map((scope) => ({ kind: 'scope', anyOf: [scope] }) as const),
    ),
  {
    any: (...scopes: Names): RouteDecorator =>
      stating({ kind: 'scope', anyOf: named('@Scopes.any', scopes, isScope) }),
  },
);

/**
 * Requires all of the given roles; `Roles.any` requires one of them. Refused with `role_missing` (403).
 *
 * A service that acts for itself has the roles that its token names, unless its trust record limits them (`roles`).
 *
 * @example
 * @Delete('user/:id')
 * @Roles('admin')
 * remove(@Param('id') id: string) {}
 */
export const Roles = Object.assign(
  (...roles: Names): RouteDecorator =>
    stating(...named('@Roles', roles).map((role) => ({ kind: 'role', anyOf: [role] }) as const)),
  {
    any: (...roles: Names): RouteDecorator => stating({ kind: 'role', anyOf: named('@Roles.any', roles) }),
  },
);

/**
 * Requires the calling service to be one of those named, by the `name` of its trust record. Refused with
 * `caller_not_allowed` (403).
 *
 * @example
 * @Post('notification')
 * @Callers('gateway', 'census')
 * send() {}
 */
export function Callers(...callers: Names): RouteDecorator {
  return stating({ kind: 'caller', anyOf: named('@Callers', callers) });
}

/**
 * Requires a valid token, and nothing else. `Authenticated('user')` requires a user, `Authenticated('service')` a service that
 * acts for itself. `Authenticated.optional()` also accepts requests without a token, but never an invalid token.
 *
 * @example
 * @Get('me')
 * @Authenticated('user')
 * me(@CurrentPrincipal() principal: Principal) {}
 */
export const Authenticated = Object.assign(
  (subject?: 'user' | 'service'): RouteDecorator =>
    stating(subject === undefined ? { kind: 'authenticated' } : { kind: 'subject', is: subject }),
  { optional: (): RouteDecorator => stating({ kind: 'optional' }) },
);

/**
 * Lets every request in without looking at its token. It cannot be combined with another requirement.
 *
 * @example
 * @Get('health')
 * @Public()
 * health() {}
 */
export function Public(): RouteDecorator {
  return stating({ kind: 'public' });
}

/** Requires rules of your own, which are checked after the other requirements. All must permit the request. */
export function Policies(
  ...policies: readonly [Type<HandlerPolicy>, ...Type<HandlerPolicy>[]]
): RouteDecorator {
  if (policies.length < 1 || !policies.every((policy) => typeof policy === 'function')) {
    throw new CountersignError('config_invalid', '@Policies() needs the class of at least one policy');
  }
  return stating(...policies.map((policy) => ({ kind: 'policy', policy }) as const));
}

/**
 * Limits the body of a request in place of `maxBodyBytes`; the limit may be higher or lower. The limit of a method comes before
 * that of its class. Says nothing about who may call. Refused with `body_too_large` (413) where the token is bound to the body.
 * Not the limit of Nest's body parsers: see `docs/inbound.md`.
 *
 * @param size bytes, or a size such as `512kb` or `10mb` (1kb is 1,024 bytes), of at most 1gb.
 * @throws TypeError for anything else.
 *
 * @example
 * @Put('picture')
 * @Authenticated('user')
 * @BodyLimit('10mb')
 * upload() {}
 */
export function BodyLimit(size: ByteSize): RouteDecorator {
  return stating({ kind: 'bodyLimit', bytes: readByteSize(size, '@BodyLimit()') });
}

/**
 * Injects the principal into a parameter of a handler. Undefined on public routes and for requests without a token.
 *
 * @example
 * me(@CurrentPrincipal() principal: Principal) {
 *   return { user: principal.subject, caller: principal.caller.name };
 * }
 */
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

function named(
  decorator: string,
  names: readonly string[],
  isName = (text: string) => text !== '',
): readonly string[] {
  if (names.length === 0) {
    throw new CountersignError(
      'config_invalid',
      `${decorator}() needs at least one name; write @Authenticated() to let in everybody who is authenticated`,
    );
  }
  const wrong = names.find((name) => typeof name !== 'string' || !isName(name));
  if (wrong !== undefined) {
    throw new CountersignError(
      'config_invalid',
      `${decorator}() got ${JSON.stringify(wrong)}, which is not one name`,
    );
  }
  return names;
}
