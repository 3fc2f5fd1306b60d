import { type Principal } from '@countersign/core';

/** What a route requires, in words that every adapter can say. */
export interface Requires {
  readonly scopes?: readonly [string, ...string[]];
  readonly anyScope?: readonly [string, ...string[]];
  readonly role?: string;
  readonly caller?: string;
  readonly for?: 'user' | 'service' | 'anybody';
  readonly access?: 'open' | 'optional';
  readonly permits?: (principal: Principal) => boolean;
  readonly bodyLimit?: number;
}

/** One route of the service that every adapter builds. */
export interface Route {
  readonly method: 'GET' | 'POST';
  readonly path: `/${string}`;
  readonly requires: Requires;
}

/** The routes, the same for every adapter. Each answers who calls, and notes that it ran. */
export const ROUTES = [
  { method: 'GET', path: '/read', requires: { scopes: ['order:read'] } },
  { method: 'POST', path: '/write', requires: { scopes: ['order:write'] } },
  { method: 'POST', path: '/small', requires: { scopes: ['order:write'], bodyLimit: 10 } },
  { method: 'GET', path: '/two', requires: { scopes: ['order:read', 'order:write'] } },
  { method: 'GET', path: '/one-of', requires: { anyScope: ['order:read', 'order:write'] } },
  { method: 'GET', path: '/role', requires: { role: 'admin' } },
  { method: 'GET', path: '/caller', requires: { caller: 'herald' } },
  { method: 'GET', path: '/any', requires: { for: 'anybody' } },
  { method: 'GET', path: '/user', requires: { for: 'user' } },
  { method: 'GET', path: '/service', requires: { for: 'service' } },
  { method: 'GET', path: '/optional', requires: { access: 'optional' } },
  { method: 'GET', path: '/open', requires: { access: 'open' } },
  {
    method: 'GET',
    path: '/policy',
    requires: { permits: ({ actors }: Principal) => actors.length === 1 },
  },
] as const satisfies readonly Route[];

export type Path = (typeof ROUTES)[number]['path'];
