import { subscribe } from 'node:diagnostics_channel';
import {
  type FastifyContextConfig,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type HookHandlerDoneFunction,
  type RouteOptions,
} from 'fastify';
import { CountersignError } from '@countersign/core';
import { attachedState, newInstance, toFaultAnswer } from '@countersign/core/http';
import { answerFaults, sendFault } from './faults.js';

/** The part of a route's options that is read. */
export interface RouteParts {
  readonly bodyLimit?: number | undefined;
  readonly config?: FastifyContextConfig | undefined;
}

/** A route, and the context that it was added to. */
export interface AddedRoute {
  readonly instance: FastifyInstance;
  readonly method: string | readonly string[];
  /** With the prefixes of its contexts. */
  readonly url: string;
  /** Read late: other hooks may change them. */
  readonly options: RouteParts;
}

/** The routes of each application that was made since this module was loaded. */
const ADDED = new WeakMap<object, AddedRoute[]>();

/**
 * Follows the routes of every application from its start. A route that states something is refused where no plugin has judged the
 * request: without that it would be open in an application that does not register the plugin.
 */
subscribe('fastify.initialization', (message) => {
  const { fastify: application } = message as { readonly fastify: FastifyInstance };
  const added: AddedRoute[] = [];
  ADDED.set(application, added);
  application.addHook('onRoute', function (this: FastifyInstance, route: RouteOptions) {
    added.push({ instance: this, method: route.method, url: route.url, options: route });
    if (route.config?.countersign === undefined) return;
    route.onRequest = [refuseUnjudged, ...[route.onRequest ?? []].flat()];
    answerFaults(route);
  });
});

/** Those that were added to a context, or to one in it, until now. */
export function routesIn(context: FastifyInstance): readonly AddedRoute[] {
  let application: object | null = context;
  while (application !== null && !ADDED.has(application))
    application = Object.getPrototypeOf(application) as object | null;
  const added = application === null ? undefined : ADDED.get(application);
  // Fastify makes the prototype of a context that which holds it.
  return (added ?? []).filter(
    ({ instance }) => instance === context || Object.prototype.isPrototypeOf.call(context, instance),
  );
}

/** A request that the plugin has judged has a state; one that it refused does not get here. */
function refuseUnjudged(request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction): void {
  if (attachedState(request) !== undefined) {
    done();
    return;
  }
  const fault = new CountersignError(
    'config_invalid',
    'a route says who may call it, but nobody checks: app.register(countersign, ...) is missing in its context',
  );
  const instance = newInstance();
  request.log.error({ code: fault.code, reason: fault.message, instance });
  sendFault(reply, toFaultAnswer(fault, { service: 'countersign', instance, thrownByHandler: false }));
}
