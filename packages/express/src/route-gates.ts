import { type IncomingMessage, type ServerResponse } from 'node:http';
import { admitToRoute } from './admission.js';
import { type Layer, type Next, type Route } from './express-types.js';

/** How many of the handlers of a route are behind gates. */
const GATED = Symbol.for('countersign:express-gated');

interface GatedRoute extends Route {
  [GATED]?: number;
}

/**
 * Puts a gate before the handlers of a route, and one behind each of its error handlers, which may go on as if there had been no
 * error. To be called before Express runs any of them.
 */
export function gateRoute(route: GatedRoute): void {
  const { stack } = route;
  const known = route[GATED] ?? 0;
  if (known === stack.length || stack.length === 0) return;
  if (known === 0) stack.unshift(gateLike(stack[0]));
  for (let index = Math.max(known, 1); index < stack.length; index++) {
    if (isErrorHandler(stack[index])) stack.splice(++index, 0, gateLike(stack[0]));
  }
  route[GATED] = stack.length;
}

/** Each copy of Express has a class of its own for the parts of a route. */
function gateLike(layer: Layer | undefined): Layer {
  const { constructor: LayerClass } = Object.getPrototypeOf(layer) as {
    readonly constructor: new (path: string, options: object, handle: unknown) => Layer;
  };
  const made = new LayerClass('/', {}, gate);
  made.method = undefined;
  return made;
}

function gate(request: IncomingMessage, response: ServerResponse, next: Next): void {
  admitToRoute(request, response, next);
}

function isErrorHandler(layer: Layer | undefined): boolean {
  return typeof layer?.handle === 'function' && layer.handle.length > 3;
}
