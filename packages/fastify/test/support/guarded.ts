import { type AddressInfo } from 'node:net';
import { fastify, type FastifyInstance, type FastifyServerOptions, type RouteHandlerMethod } from 'fastify';
import { countersign, type CountersignOptions } from '@countersign/fastify';
import { type DecisionRecord } from '@countersign/core/http';
import { TestIssuer, type BoundTo } from '@countersign/testing';

export const SERVICE = 'https://order.service/';

export interface Asked {
  readonly token?: string;
  readonly method?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Reply {
  readonly status: number;
  readonly code: string | undefined;
  readonly text: string;
  readonly headers: Headers;
}

/** One application at a time, the issuer that it trusts, and what of it ran. */
export class Guarded {
  readonly ran: string[] = [];
  readonly decisions: DecisionRecord[] = [];
  readonly log: (string | object)[] = [];
  #issuer: TestIssuer | undefined;
  #app: FastifyInstance | undefined;
  #origin = '';

  /** A handler that says that it ran. */
  readonly handler: RouteHandlerMethod = (request) => {
    this.ran.push(`${request.method} ${request.originalUrl}`);
    return { caller: request.principal?.caller.name ?? null };
  };

  get issuer(): TestIssuer {
    if (this.#issuer === undefined) throw new Error('the issuer is not started yet');
    return this.#issuer;
  }

  get origin(): string {
    return this.#origin;
  }

  /** Registers the hooks that start and stop what the tests of a file share. */
  static use(): Guarded {
    const guarded = new Guarded();
    beforeAll(async () => {
      guarded.#issuer = await TestIssuer.start({ issuer: 'https://gateway.service/' });
    });
    afterAll(() => guarded.issuer.close());
    afterEach(async () => {
      for (const list of [guarded.ran, guarded.decisions, guarded.log]) list.length = 0;
      await guarded.#app?.close();
      guarded.#app = undefined;
    });
    return guarded;
  }

  /** The options that every test starts from. */
  options(changed: Partial<CountersignOptions> = {}): CountersignOptions {
    const write = (line: string | object) => void this.log.push(line);
    return {
      service: SERVICE,
      trust: [this.issuer.trustRecord({ scopes: ['order:read', 'order:write', 'admin'] })],
      keys: this.issuer.keyStore,
      hydrate: false,
      decisions: { record: (decision) => void this.decisions.push(decision) },
      logger: { info: write, warn: write, error: write },
      ...changed,
    };
  }

  /** An application without the plugin. */
  bare(options: FastifyServerOptions = {}): FastifyInstance {
    const app = fastify({ forceCloseConnections: true, ...options });
    this.#app = app;
    return app;
  }

  /** An application with the plugin, to which a test adds its routes. */
  async app(
    changed: Partial<CountersignOptions> = {},
    options: FastifyServerOptions = {},
  ): Promise<FastifyInstance> {
    const app = this.bare(options);
    await app.register(countersign, this.options(changed));
    return app;
  }

  async listen(app: FastifyInstance): Promise<void> {
    await app.listen({ port: 0, host: '127.0.0.1' });
    this.#origin = `http://127.0.0.1:${String((app.server.address() as AddressInfo).port)}`;
  }

  token(scope: string, claims: Readonly<Record<string, unknown>> = {}, bind?: BoundTo): Promise<string> {
    return this.issuer.token({
      audience: SERVICE,
      claims: { scope, ...claims },
      ...(bind !== undefined && { bind }),
    });
  }

  async ask(path: string, { token, method = 'GET', body, headers = {} }: Asked = {}): Promise<Reply> {
    const answer = await fetch(`${this.#origin}${path}`, {
      method,
      headers: { ...headers, ...(token !== undefined && { Authorization: `Bearer ${token}` }) },
      ...(body !== undefined && { body }),
    });
    const text = await answer.text();
    const isJson = (answer.headers.get('content-type') ?? '').includes('json');
    const json = isJson && text !== '' ? (JSON.parse(text) as { code?: string }) : {};
    return { status: answer.status, code: json.code, text, headers: answer.headers };
  }
}
