import { describeRule, ruleOf, type RuleDescription } from '@countersign/core/adapter';
import {
  isRoute,
  isRouter,
  methodsOf,
  pathText,
  type Layer,
  type Route,
  type Router,
} from './express-types.js';
import { isStating, type Stating } from './stating-middleware.js';

/** A route and its requirements. */
export interface RouteDescription extends RuleDescription {
  /** In capitals; `ALL` for every method. */
  readonly method: string;
  /** The pattern of the route. For a route in a router that was mounted under a path, that of the router is left out. */
  readonly path: string;
}

/** A statement in a router, and the part of the router that holds it. */
interface Before {
  readonly stating: Stating;
  /** Undefined for one of a router further out: whether its path fits is not known. */
  readonly layer: Layer | undefined;
}

/**
 * Every route of an application, by walking through its routers. Applications that are mounted in it are not looked into, since
 * Express keeps them in a closure; their routes are guarded all the same.
 */
export function listRoutes(
  router: Router | undefined,
  outer: readonly Stating[] = [],
): readonly RouteDescription[] {
  const before: Before[] = outer.map((stating) => ({ stating, layer: undefined }));
  return (router?.stack ?? []).flatMap((layer: Layer): readonly RouteDescription[] => {
    const { handle, route } = layer;
    if (isRoute(route)) return describe(route, before.filter((each) => covers(each, route)).map(statingOf));
    if (isStating(handle)) before.push({ stating: handle, layer });
    return isRouter(handle) ? listRoutes(handle, before.map(statingOf)) : [];
  });
}

function statingOf({ stating }: Before): Stating {
  return stating;
}

function covers({ layer }: Before, { path }: Route): boolean {
  return layer?.match === undefined || Boolean(layer.match(pathText(path)));
}

function describe(route: Route, inherited: readonly Stating[]): readonly RouteDescription[] {
  return methodsOf(route).map((method) => {
    // A handler for every method is there once for each of them, or once for all.
    const one = method === 'all' ? 'get' : method;
    const own = route.stack.filter((layer) => layer.method === undefined || layer.method === one);
    const stating = [...inherited, ...own.map(({ handle }) => handle).filter(isStating)];
    const path = pathText(route.path);
    return { method: method.toUpperCase(), path, ...describeRule(ruleOf(stating, `${method} ${path}`)) };
  });
}
