import { type Request } from 'express';
import {
  authenticated as coreAuthenticated,
  bodyLimit as coreBodyLimit,
  callers as coreCallers,
  open as coreOpen,
  optional as coreOptional,
  policy as corePolicy,
  roles as coreRoles,
  scopes as coreScopes,
  type ByteSize,
  type Permits,
  type Stated,
} from '@countersign/core/http';
import { admitByRouter } from './admission.js';
import { toMiddleware, type Stating } from './stating-middleware.js';

type Names = readonly [string, ...string[]];

/** Before a route Express runs it; what it states was judged by then, before any handler of the route. */
function stating(stated: Pick<Stated<Request>, 'statements'>): Stating {
  return toMiddleware(stated, admitByRouter);
}

/**
 * Requires all of the given scopes; `scopes.any` requires one of them. On a router it applies to every route behind it, and all
 * that is stated must hold. Refused with `scope_missing` (403).
 * @example
 * app.get('/order', scopes('order:read'), (request, response) => response.json({ user: request.principal?.subject }));
 */
export const scopes = Object.assign((...names: Names): Stating => stating(coreScopes(...names)), {
  any: (...names: Names): Stating => stating(coreScopes.any(...names)),
});

/**
 * Requires all of the given roles; `roles.any` requires one of them. Refused with `role_missing` (403).
 *
 * A service that acts for itself has the roles that its token names, unless its trust record limits them (`roles`).
 * @example
 * app.delete('/order/:id', roles('admin'), handler);
 */
export const roles = Object.assign((...names: Names): Stating => stating(coreRoles(...names)), {
  any: (...names: Names): Stating => stating(coreRoles.any(...names)),
});

/**
 * Requires the calling service to be one of those named, by the `name` of its trust record. Refused with `caller_not_allowed` (403).
 * @example
 * app.post('/order', callers('gateway'), handler);
 */
export function callers(...names: Names): Stating {
  return stating(coreCallers(...names));
}

/**
 * Requires a valid token, and nothing else; `authenticated('user')` a user, `authenticated('service')` a service that acts for
 * itself.
 * @example
 * app.get('/me', authenticated('user'), handler);
 */
export function authenticated(subject?: 'user' | 'service'): Stating {
  return stating(coreAuthenticated(subject));
}

/**
 * Lets in requests without a token, but never with an invalid one. It cannot be combined with another requirement.
 * @example
 * app.get('/catalogue', optional(), handler);
 */
export function optional(): Stating {
  return stating(coreOptional());
}

/**
 * Lets every request in without looking at its token. It cannot be combined with another requirement.
 * @example
 * app.get('/about', open(), handler);
 */
export function open(): Stating {
  return stating(coreOpen());
}

/**
 * Requires rules of your own, which are checked after the other requirements. All must permit the request; one that returns false
 * refuses it with `policy_refused` (403), and what one throws is passed on unchanged. A rule runs before body parsers that stand on
 * the route itself.
 * @example
 * app.get('/order/:id', scopes('order:read'), policy((principal, request) => owns(principal, request.params.id)), handler);
 */
export function policy(...policies: readonly [Permits<Request>, ...Permits<Request>[]]): Stating {
  return stating(corePolicy(...policies));
}

/**
 * Gives a route a limit of the body of its own, higher or lower than `maxBodyBytes`: a number of bytes, or a text such as `'10mb'`
 * (1 kb is 1,024 bytes). Says nothing about who may call. A larger body is refused with `body_too_large` (413).
 *
 * Body parsers have limits of their own. Where a router states who may call, put the limit before that.
 * @example
 * app.post('/file', scopes('file:write'), bodyLimit('10mb'), express.raw({ limit: '10mb' }), handler);
 */
export function bodyLimit(size: ByteSize): Stating {
  return stating(coreBodyLimit(size));
}
