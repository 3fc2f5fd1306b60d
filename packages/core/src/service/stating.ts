import { CountersignError } from '../errors.js';
import {
  combineStatements,
  type RouteRule,
  type Statement,
  type StatementNames,
} from '../http/guard/statement.js';
import { readByteSize, type ByteSize } from '../http/request/byte-size.js';
import { isScope } from '../options.js';
import { type Principal } from '../principal.js';
import { type Permits } from './service.js';

/**
 * What a route requires, as `scopes()` and its companions make it.
 * @typeParam Request what its policies are handed.
 * @typeParam Who the principal that a handler can count on.
 */
export interface Stated<Request = unknown, Who extends Principal | undefined = Principal> {
  readonly statements: readonly Statement<Permits<Request>>[];
  /** Never there: it carries the type. */
  readonly who?: Who;
}

type Names = readonly [string, ...string[]];

/**
 * Requires all of the given scopes; `scopes.any` requires one of them. Refused with `scope_missing` (403).
 * @example
 * countersign.handle(scopes('order:read'), (request, response, principal) => {});
 */
export const scopes = Object.assign(
  (...names: Names): Stated =>
    stated(...named('scopes', names, isScope).map((scope) => ({ kind: 'scope', anyOf: [scope] }) as const)),
  { any: (...names: Names): Stated => stated({ kind: 'scope', anyOf: named('scopes.any', names, isScope) }) },
);

/**
 * Requires all of the given roles; `roles.any` requires one of them. Refused with `role_missing` (403).
 *
 * A service that acts for itself has the roles that its token names, unless its trust record limits them (`roles`).
 * @example
 * countersign.handle(roles('admin'), (request, response, principal) => {});
 */
export const roles = Object.assign(
  (...names: Names): Stated =>
    stated(...named('roles', names).map((role) => ({ kind: 'role', anyOf: [role] }) as const)),
  { any: (...names: Names): Stated => stated({ kind: 'role', anyOf: named('roles.any', names) }) },
);

/**
 * Requires the calling service to be one of those named, by the `name` of its trust record. Refused with `caller_not_allowed` (403).
 * @example
 * countersign.handle(callers('gateway'), (request, response, principal) => {});
 */
export function callers(...names: Names): Stated {
  return stated({ kind: 'caller', anyOf: named('callers', names) });
}

/**
 * Requires a valid token, and nothing else; `authenticated('user')` a user, `authenticated('service')` a service that acts for
 * itself.
 * @example
 * countersign.handle(authenticated('user'), (request, response, principal) => {});
 */
export function authenticated(subject?: 'user' | 'service'): Stated {
  const given: unknown = subject;
  if (given !== undefined && given !== 'user' && given !== 'service')
    throw misstated("authenticated() takes 'user', 'service' or nothing");
  return stated(subject === undefined ? { kind: 'authenticated' } : { kind: 'subject', is: subject });
}

/**
 * Lets in requests without a token, but never with an invalid one. It cannot be combined with another requirement.
 * @example
 * countersign.handle(optional(), (request, response, principal) => {});
 */
export function optional(): Stated<unknown, Principal | undefined> {
  return stated({ kind: 'optional' });
}

/**
 * Lets every request in without looking at its token. It cannot be combined with another requirement.
 * @example
 * countersign.handle(open(), (request, response) => {});
 */
export function open(): Stated<unknown, undefined> {
  return stated({ kind: 'public' });
}

/**
 * Requires rules of your own, which are checked after the other requirements. All must permit the request; one that returns
 * false refuses it with `policy_refused` (403), and what one throws is passed on unchanged.
 * @example
 * countersign.handle(policy((principal) => principal.actors.length < 2), (request, response, principal) => {});
 */
export function policy<Request>(
  ...policies: readonly [Permits<Request>, ...Permits<Request>[]]
): Stated<Request> {
  if (policies.length < 1 || !policies.every((each) => typeof each === 'function'))
    throw misstated('policy() needs at least one function');
  return stated(...policies.map((each) => ({ kind: 'policy', policy: each }) as const));
}

/**
 * Gives a route a limit of the body of its own, higher or lower than `maxBodyBytes`: a number of bytes, or a text such as `'10mb'`
 * (1 kb is 1,024 bytes). Says nothing about who may call. A larger body is refused with `body_too_large` (413). The parsers of a
 * framework have limits of their own.
 * @example
 * countersign.handle([scopes('file:write'), bodyLimit('10mb')], (request, response, principal) => {});
 */
export function bodyLimit(size: ByteSize): Stated {
  return stated({ kind: 'bodyLimit', bytes: readByteSize(size, 'bodyLimit()') });
}

/** How each kind is written, for messages. */
export const STATING_NAMES: StatementNames = {
  public: 'open()',
  optional: 'optional()',
  authenticated: 'authenticated()',
  subject: "authenticated('user' or 'service')",
  scope: 'scopes()',
  role: 'roles()',
  caller: 'callers()',
  policy: 'policy()',
};

/**
 * Adds up what is stated about a route; undefined where nothing is.
 * @throws CountersignError `config_invalid` when two statements cannot both hold, and for what is no statement.
 */
export function ruleOf<Request>(
  given: readonly Stated<Request, Principal | undefined>[],
  route: string,
): RouteRule<Permits<Request>> | undefined {
  const statements = given.flatMap((each) => {
    if (isStated(each)) return each.statements;
    throw misstated(`${route} takes requirements such as scopes('order:read')`);
  });
  return combineStatements(statements, route, STATING_NAMES);
}

/** What a rule says, for lists of routes. */
export interface RuleDescription {
  /** `unstated`: nothing says who may call the route, so nobody may. */
  readonly access: 'public' | 'optional' | 'guarded' | 'unstated';
  readonly requirements: RouteRule<never>['requirements'];
  /** The names of its policies. */
  readonly policies: readonly string[];
}

export function describeRule(rule: RouteRule<Permits<never>> | undefined): RuleDescription {
  return {
    access: rule?.access ?? 'unstated',
    requirements: rule?.requirements ?? [],
    policies: rule?.policies.map(({ name }) => name) ?? [],
  };
}

function isStated(value: unknown): boolean {
  const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function';
  return isObject && 'statements' in value && Array.isArray(value.statements);
}

function stated<Request, Who extends Principal | undefined>(
  ...statements: readonly Statement<Permits<Request>>[]
): Stated<Request, Who> {
  return Object.freeze({ statements: Object.freeze(statements) });
}

function named(
  what: string,
  names: readonly string[],
  isName = (text: string) => text !== '',
): readonly string[] {
  if (names.length === 0)
    throw misstated(
      `${what}() needs at least one name; write authenticated() to let in everybody who is authenticated`,
    );
  const wrong = names.find((name) => typeof name !== 'string' || !isName(name));
  if (wrong !== undefined) throw misstated(`${what}() got ${JSON.stringify(wrong)}, which is not one name`);
  return Object.freeze([...names]);
}

function misstated(problem: string): CountersignError {
  return new CountersignError('config_invalid', problem);
}
