import { ruleOf, type RouteRule } from '@countersign/core/adapter';
import { type Permits } from '@countersign/core/http';
import { type Request } from 'express';
import { routeName, type Route } from './express-types.js';
import { isStating, type Stating } from './stating-middleware.js';

/** What a route states for one method. */
interface StatedOnRoute {
  /** How long the list of handlers was. */
  readonly length: number;
  readonly stating: readonly Stating[];
  readonly rule: RouteRule<Permits<Request>> | undefined;
}

const STATED = Symbol.for('countersign:express-stated');

interface RouteWithStatements extends Route {
  [STATED]?: Map<string, StatedOnRoute> | undefined;
}

/**
 * Everything that a route states for a method, wherever among its handlers it stands.
 * @throws CountersignError `config_invalid` when two statements cannot both hold.
 */
export function statedOn(route: Route, requested: string): StatedOnRoute {
  const method = methodOf(route, requested);
  const all = ((route as RouteWithStatements)[STATED] ??= new Map<string, StatedOnRoute>());
  const known = all.get(method);
  if (known !== undefined && known.length === route.stack.length) return known;
  const handles = route.stack
    .filter((layer) => layer.method === undefined || layer.method === method)
    .map(({ handle }) => handle);
  const stating = handles.filter(isStating);
  const found = {
    length: route.stack.length,
    stating,
    rule: ruleOf(stating, routeName(route, requested)),
  };
  all.set(method, found);
  return found;
}

/** As Express finds the handlers of a method: those for `GET` answer `HEAD` too. */
function methodOf({ methods }: Route, requested: string): string {
  const method = requested.toLowerCase();
  return method === 'head' && methods['head'] !== true ? 'get' : method;
}
