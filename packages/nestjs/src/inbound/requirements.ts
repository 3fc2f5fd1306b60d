import { type Type } from '@nestjs/common';
import { CountersignError, type Requirement } from '@countersign/core';
import { type HandlerPolicy } from '../countersign.extensions.js';

/** What one decorator says about a handler: a requirement of core, or one that only the module knows. */
export type StatedRequirement =
  | Requirement
  | { readonly kind: 'public' }
  | { readonly kind: 'optional' }
  | { readonly kind: 'policy'; readonly policy: Type<HandlerPolicy> };

/** Who may call a handler: everything that its class, its method and their base classes state, added up. */
export interface RouteRule {
  readonly access: 'public' | 'optional' | 'guarded';
  /** None where it is not clear what the handler requires: then nobody may call it. */
  readonly requirements: readonly Requirement[];
  readonly policies: readonly Type<HandlerPolicy>[];
}

/** How each kind is written, for messages. */
const DECORATORS: Readonly<Record<StatedRequirement['kind'], string>> = {
  public: '@Public()',
  optional: '@Authenticated.optional()',
  authenticated: '@Authenticated()',
  subject: "@Authenticated('user' or 'service')",
  scope: '@Scopes()',
  role: '@Roles()',
  caller: '@Callers()',
  policy: '@Policies()',
};

/**
 * Adds up what is stated. The rule cannot be changed, since all requests share it.
 * @returns undefined when nothing is stated.
 * @throws CountersignError `config_invalid` when two statements cannot both hold.
 */
export function combine(stated: readonly StatedRequirement[], handler: string): RouteRule | undefined {
  if (stated.length === 0) return undefined;
  refuseContradiction(stated, handler);
  const requirements: Requirement[] = [];
  const policies = new Set<Type<HandlerPolicy>>();
  let access: RouteRule['access'] = 'guarded';
  for (const each of stated) {
    if (each.kind === 'public' || each.kind === 'optional') access = each.kind;
    else if (each.kind === 'policy') policies.add(each.policy);
    else requirements.push(frozen(each));
  }
  if (access === 'guarded' && requirements.length === 0) requirements.push(frozen({ kind: 'authenticated' }));
  return Object.freeze({
    access,
    requirements: Object.freeze(requirements),
    policies: Object.freeze([...policies]),
  });
}

/** A copy: what was stated may be an object of the application. */
function frozen(requirement: Requirement): Requirement {
  if (!('anyOf' in requirement)) return Object.freeze({ ...requirement });
  return Object.freeze({ ...requirement, anyOf: Object.freeze([...requirement.anyOf]) });
}

/**
 * `@Public()` and `@Authenticated.optional()` let anybody in, so nothing can be added to them.
 * @throws CountersignError `config_invalid`.
 */
export function refuseContradiction(stated: readonly StatedRequirement[], handler: string): void {
  for (const open of ['public', 'optional'] as const) {
    const other = stated.find((each) => each.kind !== open);
    if (other !== undefined && stated.some((each) => each.kind === open)) {
      throw contradiction(handler, `${DECORATORS[open]} and also ${DECORATORS[other.kind]}`);
    }
  }
  const subjects = new Set(stated.flatMap((each) => (each.kind === 'subject' ? [each.is] : [])));
  if (subjects.size > 1)
    throw contradiction(handler, "both @Authenticated('user') and @Authenticated('service')");
}

function contradiction(handler: string, what: string): CountersignError {
  return new CountersignError(
    'config_invalid',
    `${handler} is ${what}, on itself or on its class. Requirements add up, and these two cannot both hold: ` +
      'remove one of them, or move the handler to a class of its own.',
  );
}
