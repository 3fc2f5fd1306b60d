import { type Requires } from '../routes.js';

/** How an adapter makes requirements of functions. */
export interface Stating<Made> {
  readonly scopes: ((...names: readonly [string, ...string[]]) => Made) & {
    readonly any: (...names: readonly [string, ...string[]]) => Made;
  };
  readonly roles: (...names: readonly [string, ...string[]]) => Made;
  readonly callers: (...names: readonly [string, ...string[]]) => Made;
  readonly authenticated: (subject?: 'user' | 'service') => Made;
  readonly policy: (permits: NonNullable<Requires['permits']>) => Made;
  /** Undefined where the framework has a limit of its own for each route. */
  readonly bodyLimit?: (size: number) => Made;
  readonly open: () => Made;
  readonly optional: () => Made;
}

/** Says by an adapter's functions what a route requires. */
export function statedBy<Made>(stating: Stating<Made>, requires: Requires): readonly Made[] {
  const { scopes, anyScope, role, caller, access, permits, bodyLimit } = requires;
  const all: Made[] = [];
  if (scopes !== undefined) all.push(stating.scopes(...scopes));
  if (anyScope !== undefined) all.push(stating.scopes.any(...anyScope));
  if (role !== undefined) all.push(stating.roles(role));
  if (caller !== undefined) all.push(stating.callers(caller));
  if (requires.for !== undefined)
    all.push(requires.for === 'anybody' ? stating.authenticated() : stating.authenticated(requires.for));
  if (access !== undefined) all.push(access === 'open' ? stating.open() : stating.optional());
  if (bodyLimit !== undefined && stating.bodyLimit !== undefined) all.push(stating.bodyLimit(bodyLimit));
  if (permits !== undefined) all.push(stating.policy(permits));
  return all;
}
