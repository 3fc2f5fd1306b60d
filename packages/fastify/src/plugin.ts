import { type FastifyInstance, type FastifyRequest, type RouteOptions } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { CountersignError, type Principal } from '@countersign/core';
import { callsOf, invalidOption, openService, requiredScopes, type Service } from '@countersign/core/adapter';
import {
  KEY_SET_PATH,
  principalOf,
  resourceMetadataPaths,
  type ServiceCalls,
  type ServiceLogger,
  type ServiceOptions,
} from '@countersign/core/http';
import { routesIn } from './added-routes.js';
import { admissionHook, reentryHook } from './admission.js';
import { ContextRequirements, type Requirement } from './context-requirements.js';
import { answerFaults, conceal, isAnswered, sendText } from './faults.js';
import { PUBLISHED, RouteRules, type RouteDescription } from './route-rules.js';

/** The options of the plugin. */
export interface CountersignOptions extends ServiceOptions {
  /**
   * Finds the token of a request that comes in no header, such as in a cookie. It is checked as if it had come in `Authorization`; one in
   * a header beside it is refused with `request_malformed`. Default: none.
   */
  readonly findToken?: (request: FastifyRequest) => string | undefined;
}

/** Calls with tokens, and what is stated for a context. */
export interface Countersign extends ServiceCalls {
  /**
   * Requires something of every route of this context, and of the contexts in it, beside what they state themselves. To be called
   * before the routes are added that state nothing of their own.
   * @throws CountersignError `config_invalid` once the application is ready.
   * @example
   * app.register(async (admin) => {
   *   admin.countersign.require(callers('gateway'));
   *   admin.get('/order', handler);
   * }, { prefix: '/admin' });
   */
  require(...requirements: readonly [Requirement, ...Requirement[]]): void;
  /** Returns the routes that it guards, with their requirements. */
  routes(): readonly RouteDescription[];
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Who calls. Undefined where a route lets in requests without a token, and before its requirements were checked. */
    readonly principal: Principal | undefined;
  }
  interface FastifyInstance {
    /** Calls with tokens, and what is stated for this context. */
    readonly countersign: Countersign;
  }
  interface FastifyContextConfig {
    /** Who may call the route: `scopes()`, another requirement, or several, which must all hold. */
    readonly countersign?: Requirement | readonly Requirement[];
  }
}

/**
 * Fastify plugin that protects the routes of the context that it is registered on and of those in it, and authorizes their outgoing
 * calls. Contexts beside it are left alone.
 *
 * A route that does not say who may call it is refused when it is added, with `policy_missing`. Await the registration: a route that is
 * added before the plugin is loaded is guarded as well, but refused with `policy_missing` no earlier than when it is called. Requests are
 * judged in `onRequest`, before the body is parsed; hooks that were added before the plugin run before that.
 * @example
 * await app.register(countersign, { service: 'https://order.service/', trust, keys: { directory: '.data/keys' } });
 * app.get('/order', { config: { countersign: scopes('order:read') } }, (request) => ({ user: request.principal?.subject }));
 *
 * @throws TypeError naming the option that is not valid.
 */
export const countersign = fastifyPlugin(
  async (instance: FastifyInstance, options: CountersignOptions): Promise<void> => {
    if (instance.hasDecorator('countersign'))
      throw new CountersignError(
        'config_invalid',
        'countersign is registered already, on this context or on one that holds it',
      );
    const { findToken } = options;
    if (findToken !== undefined && typeof findToken !== 'function')
      throw invalidOption('findToken', 'must be a function');
    const service = await openService({ logger: loggerOf(instance), ...options }, ['findToken']);
    instance.addHook('onClose', () => service.close());
    new Registration(instance, service).install(findToken);
  },
  { name: '@countersign/fastify', fastify: '5.x' },
);

/** Pino takes objects and text in different ways, and needs to be called as a method. */
function loggerOf({ log }: FastifyInstance): ServiceLogger {
  const write = (level: 'info' | 'warn' | 'error') => (message: string | object) => {
    if (typeof message === 'string') log[level](message);
    else log[level](message);
  };
  return { info: write('info'), warn: write('warn'), error: write('error') };
}

/** One registration of the plugin. */
class Registration {
  readonly #contexts = new ContextRequirements();
  readonly #rules: RouteRules;
  readonly #faces = new WeakMap<object, Countersign>();
  readonly #calls: ServiceCalls;
  #isReady = false;

  constructor(
    private readonly instance: FastifyInstance,
    private readonly service: Service,
  ) {
    this.#rules = new RouteRules(this.#contexts, routesIn(instance));
    this.#calls = callsOf(service);
  }

  install(findToken: CountersignOptions['findToken']): void {
    const { instance, service } = this;
    const { faceOf } = this;
    instance.decorate('countersign', {
      getter(this: FastifyInstance): Countersign {
        return faceOf(this);
      },
    });
    instance.decorateRequest('principal', {
      getter(this: FastifyRequest): Principal | undefined {
        return principalOf(this);
      },
    });
    instance.addHook('onRequest', admissionHook(service, this.#rules, findToken));
    instance.addHook('preValidation', reentryHook(service));
    this.#answerFaults();
    instance.addHook('onReady', (done) => {
      this.#isReady = true;
      this.#warnOfUnstated();
      done();
    });
    this.#publish();
  }

  readonly faceOf = (instance: FastifyInstance): Countersign => {
    const known = this.#faces.get(instance);
    if (known !== undefined) return known;
    const made: Countersign = {
      ...this.#calls,
      require: (...requirements) => {
        if (this.#isReady)
          throw new CountersignError('config_invalid', 'require() comes too late: the application is ready');
        this.#contexts.add(instance, requirements);
      },
      routes: () => this.#rules.describe(),
    };
    this.#faces.set(instance, made);
    return made;
  };

  #answerFaults(): void {
    const { instance, service } = this;
    const rules = this.#rules;
    instance.addHook('onRoute', function (this: FastifyInstance, route: RouteOptions) {
      rules.add({ instance: this, method: route.method, url: route.url, options: route });
      answerFaults(route);
    });
    instance.addHook('onError', (request, _reply, error, done) => {
      if (error instanceof CountersignError && !isAnswered(request))
        conceal(error, service.answerThrown(error, request.raw));
      done();
    });
  }

  #publish(): void {
    const { keyStore, options } = this.service;
    if (keyStore !== undefined) this.#serve(KEY_SET_PATH);
    if (options.resourceMetadata === undefined) return;
    for (const path of resourceMetadataPaths(options.resourceMetadata)) this.#serve(path);
  }

  #serve(path: string): void {
    this.instance.route({
      method: ['GET', 'HEAD'],
      url: path,
      exposeHeadRoute: false,
      config: { countersign: PUBLISHED },
      handler: (_request, reply) => {
        const answer = this.service.wellKnown(path, () => requiredScopes(this.#rules.describe()));
        if (answer === undefined) reply.callNotFound();
        else sendText(reply.headers(answer.headers), JSON.stringify(answer.document));
        return reply;
      },
    });
  }

  /** @throws CountersignError `config_invalid` when two requirements of a route cannot both hold. */
  #warnOfUnstated(): void {
    const unstated = this.#rules.describe().filter(({ access }) => access === 'unstated');
    if (unstated.length === 0) return;
    const names = unstated.map(({ method, url }) => `${method} ${url}`).join(', ');
    this.service.logger.warn(
      `nothing says who may call ${names}: refused with policy_missing. Await app.register(countersign, ...), and such a route is refused when it is added`,
    );
  }
}
