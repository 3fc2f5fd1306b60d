import { CountersignError } from '../../errors.js';
import { type Requirement } from '../../policy/policy.js';

/** What one decorator or one function says about a route: a requirement of core, or one that only an adapter knows. */
export type Statement<Policy> =
  | Requirement
  | { readonly kind: 'public' }
  | { readonly kind: 'optional' }
  | { readonly kind: 'policy'; readonly policy: Policy }
  | BodyLimit;

/** The largest body of a route. Says nothing about who may call it, so it stands beside everything, also beside public access. */
export interface BodyLimit {
  readonly kind: 'bodyLimit';
  readonly bytes: number;
}

/** How an application writes each kind of statement that says who may call, for messages. */
export type StatementNames = Readonly<Record<Exclude<Statement<never>, BodyLimit>['kind'], string>>;

/** Who may call a route: everything that is stated about it, added up. */
export interface RouteRule<Policy> {
  readonly access: 'public' | 'optional' | 'guarded';
  readonly requirements: readonly Requirement[];
  readonly policies: readonly Policy[];
  /** The largest body, in place of the application's limit. */
  readonly maxBodyBytes?: number;
  /** Why it is not clear what the route requires; then nobody may call it. */
  readonly problem?: string;
}

/**
 * Adds up what is stated about a route. The rule cannot be changed, since all requests share it.
 * @param stated from the outermost to the innermost, of which the last limit of the body holds.
 * @param route for messages.
 * @returns undefined when nothing is stated about who may call.
 * @throws CountersignError `config_invalid` when two statements cannot both hold.
 */
export function combineStatements<Policy>(
  stated: readonly Statement<Policy>[],
  route: string,
  names: StatementNames,
): RouteRule<Policy> | undefined {
  const about = stated.filter((each) => each.kind !== 'bodyLimit');
  if (about.length === 0) return undefined;
  refuseContradiction(about, route, names);
  const requirements: Requirement[] = [];
  const policies = new Set<Policy>();
  let access: RouteRule<Policy>['access'] = 'guarded';
  for (const each of about) {
    if (each.kind === 'public' || each.kind === 'optional') access = each.kind;
    else if (each.kind === 'policy') policies.add(each.policy);
    else requirements.push(frozen(each));
  }
  if (access === 'guarded' && requirements.length === 0) requirements.push(frozen({ kind: 'authenticated' }));
  const limit = stated.findLast((each) => each.kind === 'bodyLimit');
  return Object.freeze({
    access,
    requirements: Object.freeze(requirements),
    policies: Object.freeze([...policies]),
    ...(limit === undefined ? {} : { maxBodyBytes: limit.bytes }),
  });
}

/** Every scope that one of the rules asks for, in the order of the alphabet. */
export function requiredScopes(
  rules: readonly Pick<RouteRule<unknown>, 'requirements'>[],
): readonly string[] {
  const requirements = rules.flatMap((rule) => rule.requirements);
  return [...new Set(requirements.flatMap((each) => (each.kind === 'scope' ? each.anyOf : [])))].sort();
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
  const about = stated.filter((each) => each.kind !== 'bodyLimit');
  for (const open of ['public', 'optional'] as const) {
    const other = about.find((each) => each.kind !== open);
    if (other !== undefined && about.some((each) => each.kind === open)) {
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
