import { type IncomingMessage, type ServerResponse } from 'node:http';
import { CountersignError, type Principal } from '@countersign/core';
import { callsOf, openService, requiredScopes, type Service } from '@countersign/core/adapter';
import { type ServiceCalls, type ServiceOptions } from '@countersign/core/http';
import { faultHandler, refusalWithoutInstance, type FaultHandler } from './faults.js';
import { type Instance } from './instance.js';
import { routerOf, type Application, type Next } from './express-types.js';
import { mountOn } from './mount.js';
import { traceOf } from './request-trace.js';
import { listRoutes, type RouteDescription } from './route-list.js';

declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace -- It is how the types of Express are extended.
  namespace Express {
    interface Request {
      /** Who calls. Undefined where a route lets in requests without a token, and before its requirements were checked. */
      readonly principal?: Principal | undefined;
    }
  }
}

/** Express middleware that protects an application, and authorizes its outgoing calls. Made by `createCountersign`. */
export interface Countersign extends ServiceCalls {
  /** To be used by `app.use(countersign)`, before body parsers and routes. */
  (request: IncomingMessage, response: ServerResponse, next: Next): void;
  /**
   * Makes the error handler that answers refusals and faults as problem documents, to be used last. Without it Express's own
   * handler answers, with the same status and headers.
   */
  faults(): FaultHandler;
  /** Returns the routes of the applications that it is used in, with their requirements. */
  routes(): readonly RouteDescription[];
}

/**
 * Protects applications of Express 4 and 5, and authorizes their outgoing calls.
 *
 * Every route must state who may call it; one that states nothing is refused with `policy_missing` and named in the log when the
 * application starts to listen. The key set is served at `/.well-known/jwks.json`.
 *
 * Does not guard what stands before `app.use(countersign)`: middleware may, routes and body parsers may not stand there.
 * @example
 * const countersign = await createCountersign({ service: 'https://order.service/', trust, keys: { directory: '.data/keys' } });
 * app.use(countersign);
 * app.get('/order', scopes('order:read'), (request, response) => response.json({ user: request.principal?.subject }));
 * app.use(countersign.faults());
 *
 * @throws TypeError naming the option that is not valid.
 */
export async function createCountersign(options: ServiceOptions): Promise<Countersign> {
  return new Mounting(await openService(options)).middleware;
}

/** One instance, and the applications that use it. */
class Mounting implements Instance {
  readonly middleware: Countersign;
  readonly #applications = new Set<Application>();
  #isReported = false;

  constructor(readonly service: Service) {
    const middleware = (request: IncomingMessage, response: ServerResponse, next: Next) => {
      this.#enter(request, response, next);
    };
    this.middleware = Object.assign(middleware, {
      ...callsOf(service),
      faults: () => faultHandler(service),
      routes: () => this.#routes(),
    });
    // Express takes what has these for an application, and tells it where it was mounted.
    const asApplication = {
      handle: middleware,
      set: () => undefined,
      emit: (_event: 'mount', application: Application) => {
        this.#mount(application);
      },
    };
    for (const [name, value] of Object.entries(asApplication))
      Object.defineProperty(middleware, name, { value });
  }

  #mount(application: Application): void {
    mountOn(application, Reflect.get(this.middleware, 'mountpath'), this.middleware);
    this.#applications.add(application);
    const listen = application.listen.bind(application);
    application.listen = (...given) => {
      this.#report();
      return listen(...given);
    };
  }

  #enter(request: IncomingMessage, response: ServerResponse, next: Next): void {
    if (this.#applications.size === 0) {
      next(refusalWithoutInstance());
      return;
    }
    this.#report();
    traceOf(request).enter(this);
    this.service.enter(request, response, () => {
      if (!this.#answerWellKnown(request, response)) next();
    });
  }

  #answerWellKnown(request: IncomingMessage, response: ServerResponse): boolean {
    if (request.method !== 'GET' && request.method !== 'HEAD') return false;
    const [path = ''] = (request.url ?? '').split('?', 1);
    if (!path.startsWith(WELL_KNOWN)) return false;
    const document = this.service.wellKnown(path, () => requiredScopes(this.#routes()));
    if (document === undefined) return false;
    traceOf(request).isAnswered = true;
    response.writeHead(200, document.headers);
    response.end(JSON.stringify(document.document));
    return true;
  }

  #routes(): readonly RouteDescription[] {
    return [...this.#applications].flatMap((application) => listRoutes(routerOf(application)));
  }

  /** Once, when the routes are there: when the application starts to listen, or with the first request. */
  #report(): void {
    if (this.#isReported) return;
    this.#isReported = true;
    const { logger } = this.service;
    try {
      const unstated = this.#routes().filter(({ access }) => access === 'unstated');
      if (unstated.length === 0) return;
      const names = unstated.map(({ method, path }) => `${method} ${path}`).join(', ');
      logger.warn(
        `nothing says who may call ${names}: refused with policy_missing. State scopes(), callers() or another requirement, or open()`,
      );
    } catch (error) {
      if (!(error instanceof CountersignError)) throw error;
      logger.error(error.message);
    }
  }
}

const WELL_KNOWN = '/.well-known/';
