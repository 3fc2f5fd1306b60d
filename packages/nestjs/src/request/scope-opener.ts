import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { CountersignError } from '@countersign/core';
import { keepUserInState, RequestStates, type RawRequest, type RawResponse } from '@countersign/core/http';

type Enter = (request: RawRequest, response: RawResponse, next: () => void) => void;
type Adapter = HttpAdapterHost['httpAdapter'];

/** The part of an Express application that is read here; its router is `_router` in Express 4. */
interface ExpressApplication {
  /** The prototype of its requests. */
  readonly request: object;
  readonly _router?: ExpressRouter;
  readonly router?: ExpressRouter;
}
interface ExpressRouter {
  readonly stack: readonly { readonly name?: string }[];
}

interface FastifyInstance {
  /** Adds middleware. By middie, whose hook Nest has added before ours; where it has not, there is none. */
  use?: ((...middleware: readonly unknown[]) => unknown) | undefined;
  addHook(
    name: 'onRequest' | 'preValidation',
    hook: (
      request: { readonly raw: RawRequest },
      reply: { readonly raw: RawResponse },
      done: () => void,
    ) => void,
  ): void;
}

/** What the parsers of Express are called. They consume the body, and keep what is left after decompression. */
const BODY_PARSERS: ReadonlySet<string> = new Set([
  'jsonParser',
  'urlencodedParser',
  'rawParser',
  'textParser',
]);

/** How requests enter their scope on one platform. */
interface Platform {
  /** Before anything else. */
  readonly open: (adapter: Adapter, enter: Enter) => void;
  /** After what the application put before its routes, which may have left the scope. */
  readonly reopen: (adapter: Adapter, enter: Enter) => void;
}

const PLATFORMS: ReadonlyMap<string, Platform> = new Map([
  ['express', { open: openOnExpress, reopen: useOnExpress }],
  ['fastify', { open: openOnFastify, reopen: () => undefined }],
]);

/**
 * Opens the scope of every request and listens in on its body, before anything else reads it (step 0 of
 * `docs/inbound.md`). Registered while the module is constructed, which is before Nest registers its body parsers.
 */
@Injectable()
export class ScopeOpener implements OnModuleInit {
  #problem: Error | undefined;

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly states: RequestStates,
  ) {
    // Comes at once, unless the module is made by a testing module, which gets its adapter later; never without HTTP.
    // What a subscriber throws would be lost, so it is kept until the application starts.
    host.init$.subscribe(() => {
      try {
        this.#onPlatform(({ open }, adapter) => open(adapter, this.#enter));
      } catch (error) {
        this.#problem =
          error instanceof Error ? error : new Error('the adapter cannot be opened', { cause: error });
      }
    });
  }

  onModuleInit(): void {
    if (this.#problem !== undefined) throw this.#problem;
  }

  /** Called when the application's own middleware stands, and its routes do not yet. */
  reopen(): void {
    this.#onPlatform(({ reopen }, adapter) => reopen(adapter, this.#enter));
  }

  readonly #enter: Enter = (request, response, next) => {
    this.states.enter(request, response, next);
  };

  #onPlatform(use: (platform: Platform, adapter: Adapter) => void): void {
    if (!hasAdapter(this.host)) return;
    const adapter = this.host.httpAdapter;
    const platform = PLATFORMS.get(adapter.getType());
    if (platform === undefined) {
      throw new CountersignError(
        'config_invalid',
        `the ${adapter.getType()} adapter is not supported; use Express or Fastify`,
      );
    }
    use(platform, adapter);
  }
}

/** An application context without HTTP has none, whatever the type says. */
export function hasAdapter(host: { readonly httpAdapter: Adapter | null | undefined }): boolean {
  return host.httpAdapter !== null && host.httpAdapter !== undefined;
}

function openOnExpress(adapter: Adapter, enter: Enter): void {
  const application = adapter.getInstance<ExpressApplication>();
  const router = application._router ?? application.router;
  const parser = router?.stack.find((layer) => BODY_PARSERS.has(layer.name ?? ''));
  if (parser !== undefined) {
    throw new CountersignError(
      'raw_body_unavailable',
      `the Express application already has a body parser (${String(parser.name)}), which runs before Countersign can ` +
        'see the body as it was sent. Leave body parsing to Nest, or add the parser by app.useBodyParser().',
    );
  }
  keepUserInState(application.request);
  useOnExpress(adapter, enter);
}

function useOnExpress(adapter: Adapter, enter: Enter): void {
  adapter.use(enter);
}

function openOnFastify(adapter: Adapter, enter: Enter): void {
  const instance = adapter.getInstance<FastifyInstance>();
  enterBeforeMiddleware(instance, enter);
  instance.addHook('onRequest', (request, reply, done) => enter(request.raw, reply.raw, done));
  // By then the body was read and other hooks have run, and any of them may have left the scope.
  instance.addHook('preValidation', (request, reply, done) => enter(request.raw, reply.raw, done));
}

/** The first middleware that is added gets ours in front of it. Requests of an application without any do not pass by middie. */
function enterBeforeMiddleware(instance: FastifyInstance, enter: Enter): void {
  const { use } = instance;
  if (use === undefined) return;
  instance.use = (...middleware) => {
    instance.use = use;
    use.call(instance, enter);
    return use.apply(instance, [...middleware]);
  };
}
