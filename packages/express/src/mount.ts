import { CountersignError } from '@countersign/core';
import { watchAnswers } from './answer-gate.js';
import { followRequests } from './request-trace.js';
import {
  isRoute,
  isRouter,
  methodsOf,
  routeName,
  routerOf,
  type Application,
  type Layer,
} from './express-types.js';
import { noteGuarded } from './guarded-applications.js';
import { gateRoute } from './route-gates.js';

/** How the functions are called that `express.json()` and its companions make. */
const BODY_PARSERS: ReadonlySet<unknown> = new Set([
  'jsonParser',
  'urlencodedParser',
  'rawParser',
  'textParser',
]);

/** What Express makes of an application that is mounted in another. */
const MOUNTED = 'mounted_app';

/**
 * Puts our middleware where Express has put what it took for an application, and watches everything behind it.
 * @throws CountersignError `config_invalid` for another path than `/`, and for anything before it that requests could reach
 * unguarded; `raw_body_unavailable` for a body parser before it.
 */
export function mountOn(application: Application, path: unknown, middleware: unknown): void {
  if (path !== '/')
    throw new CountersignError(
      'config_invalid',
      "app.use(countersign) takes no path: everything of an application is guarded. For a part, make an application of its own: const api = express(); api.use(countersign); app.use('/api', api)",
    );
  const stack = routerOf(application)?.stack ?? [];
  const layer = stack.at(-1);
  if (layer === undefined)
    throw new CountersignError(
      'config_invalid',
      'app.use(countersign) needs an application of Express 4 or 5',
    );
  for (const before of stack.slice(0, -1)) refuseUnguarded(before);
  followRequests(application.request, gateRoute);
  watchAnswers(application.response);
  if (application._router !== undefined) followFromTheStart(application);
  layer.handle = middleware;
  noteGuarded(application);
}

function refuseUnguarded(layer: Layer): void {
  if (BODY_PARSERS.has(layer.name))
    throw new CountersignError(
      'raw_body_unavailable',
      `the body parser ${String(layer.name)} stands before app.use(countersign), so that the body could not be seen as it was sent; put it after`,
    );
  const what = unguarded(layer);
  if (what === undefined) return;
  throw new CountersignError(
    'config_invalid',
    `${what} stands before app.use(countersign), and nobody would guard it; put it after`,
  );
}

function unguarded(layer: Layer): string | undefined {
  if (isRoute(layer.route)) {
    const methods = methodsOf(layer.route).map((name) => name.toUpperCase());
    return `the route ${routeName(layer.route, methods.join(', '))}`;
  }
  if (layer.name === MOUNTED) return 'an application';
  if (layer.name === 'serveStatic') return 'express.static()';
  return isRouter(layer.handle) ? 'a router' : undefined;
}

/**
 * Express 4 gives a request its prototype within the router: what the router has noted on the request by then would never be
 * followed, and nothing that it notes later either.
 */
function followFromTheStart(application: Application): void {
  const handle = application.handle.bind(application);
  application.handle = (request, ...others) => {
    const { next }: { next?: unknown } = Object.hasOwn(request, 'next') ? request : {};
    if (next !== undefined) Reflect.deleteProperty(request, 'next');
    Object.setPrototypeOf(request, application.request);
    if (next !== undefined) Reflect.set(request, 'next', next);
    return handle(request, ...others);
  };
}
