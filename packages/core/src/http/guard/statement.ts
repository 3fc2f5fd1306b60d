import { CountersignError } from '../../errors.js';
import { type Requirement } from '../../policy/policy.js';

/** What one decorator or one function says about a route: a requirement of core, or one that only an adapter knows. */
export type Statement<Policy> =
  | Requirement
  | { readonly kind: 'public' }
  | { readonly kind: 'optional' }
  | { readonly kind: 'policy'; readonly policy: Policy };

/** How an application writes each kind of statement, for messages. */
export type StatementNames = Readonly<Record<Statement<never>['kind'], string>>;

/** Who may call a route: everything that is stated about it, added up. */
export interface RouteRule<Policy> {
  readonly access: 'public' | 'optional' | 'guarded';
  readonly requirements: readonly Requirement[];
  readonly policies: readonly Policy[];
  /** Why it is not clear what the route requires; then nobody may call it. */
  readonly problem?: string;
}

/**
 * Adds up what is stated about a route. The rule cannot be changed, since all requests share it.
 * @param route for messages.
 * @returns undefined when nothing is stated.
 * @throws CountersignError `config_invalid` when two statements cannot both hold.
 */
export function combineStatements<Policy>(
  stated: readonly Statement<Policy>[],
  route: string,
  names: StatementNames,
): RouteRule<Policy> | undefined {
  if (stated.length === 0) return undefined;
  refuseContradiction(stated, route, names);
  const requirements: Requirement[] = [];
  const policies = new Set<Policy>();
  let access: RouteRule<Policy>['access'] = 'guarded';
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
 * Public and optional access let everybody in, so nothing can be added to them.
 * @throws CountersignError `config_invalid`.
 */
export function refuseContradiction(
  stated: readonly Statement<unknown>[],
  route: string,
  names: StatementNames,
): void {
  for (const open of ['public', 'optional'] as const) {
    const other = stated.find((each) => each.kind !== open);
    if (other !== undefined && stated.some((each) => each.kind === open)) {
      throw contradiction(route, `${names[open]} and also ${names[other.kind]}`);
    }
  }
  const subjects = new Set(stated.flatMap((each) => (each.kind === 'subject' ? [each.is] : [])));
  if (subjects.size > 1) throw contradiction(route, `${names.authenticated} for users and for services`);
}

function contradiction(route: string, what: string): CountersignError {
  return new CountersignError(
    'config_invalid',
    `${route} is ${what}, on itself or on what holds it. Requirements add up, and these two cannot both hold: ` +
      'remove one of them, or move the route elsewhere.',
  );
}
