import { METHODS } from 'node:http';

/** What Express hands on to. */
export type Next = (error?: unknown) => void;

/** One handler of a route, or one part of a router, in Express 4 and 5. */
export interface Layer {
  handle: unknown;
  readonly name?: string;
  /** Undefined for every method. */
  method?: string | undefined;
  readonly route?: unknown;
  match?(path: string): unknown;
}

/** A route of Express 4 or 5. */
export interface Route {
  readonly path: unknown;
  readonly methods: Readonly<Record<string, boolean>>;
  readonly stack: Layer[];
}

/** A router of Express 4 or 5. */
export interface Router {
  readonly stack: Layer[];
}

/** The part of an application of Express 4 or 5 that is used here. */
export interface Application {
  readonly request: object;
  readonly response: object;
  /** In Express 4; there, `router` throws. */
  readonly _router?: Router;
  readonly router?: Router;
  listen: (...given: unknown[]) => unknown;
  handle: (request: object, ...others: unknown[]) => unknown;
}

export function routerOf(application: Application): Router | undefined {
  return application._router ?? application.router;
}

export function isRoute(value: unknown): value is Route {
  return typeof value === 'object' && value !== null && hasStack(value);
}

/** A router is a function with a list of its parts. */
export function isRouter(value: unknown): value is Router {
  return typeof value === 'function' && hasStack(value);
}

function hasStack(value: object): boolean {
  return 'stack' in value && Array.isArray(value.stack);
}

/** The methods of a route, in lower case; `all` alone where it takes every method. */
export function methodsOf({ methods }: Route): readonly string[] {
  if (methods['_all'] === true || METHODS.every((name) => methods[name.toLowerCase()] === true))
    return ['all'];
  return Object.keys(methods).filter((name) => methods[name] === true);
}

/** How a route is named to operators: as it was declared. */
export function routeName({ path }: Route, method: string): string {
  return `${method} ${pathText(path)}`;
}

export function pathText(path: unknown): string {
  return Array.isArray(path) ? path.map(String).join(', ') : String(path);
}
