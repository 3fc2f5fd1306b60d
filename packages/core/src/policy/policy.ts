import { CountersignError } from '../errors.js';
import { type Principal } from '../principal.js';

/** One condition on the principal of a request. All requirements of a route must hold. */
export type Requirement =
  | { readonly kind: 'authenticated' }
  | { readonly kind: 'caller'; readonly anyOf: readonly string[] }
  | { readonly kind: 'subject'; readonly is: 'user' | 'service' }
  | { readonly kind: 'scope'; readonly anyOf: readonly string[] }
  | { readonly kind: 'role'; readonly anyOf: readonly string[] };

type RequirementOf<Kind extends Requirement['kind']> = Extract<Requirement, { readonly kind: Kind }>;

/** In the order in which they are judged: first who calls, then for whom, then what they may do. */
const ORDER: readonly Requirement['kind'][] = ['authenticated', 'caller', 'subject', 'scope', 'role'];

/**
 * Checks a principal against the requirements of a route. Returns if all hold. Names are compared exactly, including case.
 *
 * Does not check access to individual records, such as whether a user may read this order: that is for your own code.
 *
 * @example
 * authorize(principal, [
 *   { kind: 'caller', anyOf: ['herald'] },
 *   { kind: 'scope', anyOf: ['user:read'] },
 * ]);
 *
 * @throws CountersignError `policy_missing` (no requirement at all), `caller_not_allowed`, `user_required`,
 * `delegation_not_allowed`, `scope_missing` (with every scope that the route asks for), `role_missing`, `claim_missing`;
 * `config_invalid` for a requirement of an unknown kind.
 */
export function authorize(principal: Principal, requirements: readonly Requirement[]): void {
  if (requirements.length === 0) {
    throw new CountersignError('policy_missing', 'the route states no requirement, so nobody may call it');
  }
  // A misspelt kind would be passed over below, and the route be open.
  if (requirements.some((requirement) => !ORDER.includes(requirement.kind))) {
    throw new CountersignError('config_invalid', `a requirement must be of the kind ${ORDER.join(', ')}`);
  }
  for (const kind of ORDER) {
    for (const requirement of requirements)
      if (requirement.kind === kind) check(principal, requirement, requirements);
  }
}

function check(principal: Principal, requirement: Requirement, all: readonly Requirement[]): void {
  switch (requirement.kind) {
    case 'authenticated':
      return;
    case 'caller':
      if (!requirement.anyOf.some((name) => name === principal.caller.name)) {
        throw new CountersignError(
          'caller_not_allowed',
          `only ${requirement.anyOf.join(', ')} may call this route`,
        );
      }
      return;
    case 'subject':
      checkSubject(principal, requirement);
      return;
    case 'scope':
      if (!requirement.anyOf.some((scope) => principal.scopes.has(scope))) {
        const requiredScopes = all.flatMap((each) => (each.kind === 'scope' ? each.anyOf : []));
        throw new CountersignError('scope_missing', `the scope ${requirement.anyOf.join(' or ')} is needed`, {
          requiredScopes: [...new Set(requiredScopes)],
        });
      }
      return;
    case 'role':
      if (!requirement.anyOf.some((role) => principal.roles.has(role))) {
        throw new CountersignError('role_missing', `the role ${requirement.anyOf.join(' or ')} is needed`);
      }
  }
}

function checkSubject(principal: Principal, requirement: RequirementOf<'subject'>): void {
  if (principal.subject === undefined && requirement.is === 'user') {
    throw new CountersignError('claim_missing', 'sub is missing: the route is for a user');
  }
  if (principal.subjectKind === requirement.is) return;
  if (requirement.is === 'user')
    throw new CountersignError('user_required', 'the caller acts for itself, and the route requires a user');
  throw new CountersignError('delegation_not_allowed', 'the route is for services that speak for themselves');
}
