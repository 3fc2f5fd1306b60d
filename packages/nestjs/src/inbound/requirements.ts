import { type Type } from '@nestjs/common';
import {
  type RouteRule as CoreRouteRule,
  type Statement,
  type StatementNames,
} from '@countersign/core/adapter';
import { type HandlerPolicy } from '../countersign.extensions.js';

/** What one decorator says about a handler. */
export type StatedRequirement = Statement<Type<HandlerPolicy>>;

/** Who may call a handler: everything that its class, its method and their base classes state, added up. */
export type RouteRule = CoreRouteRule<Type<HandlerPolicy>>;

/** How each kind is written, for messages. */
export const DECORATORS: StatementNames = {
  public: '@Public()',
  optional: '@Authenticated.optional()',
  authenticated: '@Authenticated()',
  subject: "@Authenticated('user' or 'service')",
  scope: '@Scopes()',
  role: '@Roles()',
  caller: '@Callers()',
  policy: '@Policies()',
};
