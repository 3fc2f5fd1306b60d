import { type Express, type RequestHandler } from 'express';
import { type Countersign, type ServiceOptions } from '@countersign/express';
import { TestIssuer, type BoundTo } from '@countersign/testing';
import { SERVICE, startApplication, type Application } from './application.js';

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
  application: Application | undefined;
  #issuer: TestIssuer | undefined;

  /** A handler that says that it ran. */
  readonly handler: RequestHandler = (request, response) => {
    this.ran.push(`${request.method} ${request.originalUrl}`);
    response.json({ caller: request.principal?.caller.name ?? null });
  };

  get issuer(): TestIssuer {
    if (this.#issuer === undefined) throw new Error('the issuer is not started yet');
    return this.#issuer;
  }

  /** Registers the hooks that start and stop what the tests of a file share. */
  static use(): Guarded {
    const guarded = new Guarded();
    beforeAll(async () => {
      guarded.#issuer = await TestIssuer.start({ issuer: 'https://gateway.service/' });
    });
    afterAll(() => guarded.issuer.close());
    afterEach(async () => {
      guarded.ran.length = 0;
      await guarded.application?.close();
      guarded.application = undefined;
    });
    return guarded;
  }

  /** Starts an application whose parts a test adds itself. */
  async start(
    app: Express,
    build: (app: Express, countersign: Countersign) => void,
    options: Partial<ServiceOptions> = {},
  ): Promise<Application> {
    this.application = await startApplication({ app, issuer: this.issuer, build, options });
    return this.application;
  }

  /** Starts one whose routes are between our middleware and our error handler. */
  around(
    app: Express,
    routes: (app: Express, countersign: Countersign) => void,
    options: Partial<ServiceOptions> = {},
  ): Promise<Application> {
    return this.start(
      app,
      (made, countersign) => {
        made.use(countersign);
        routes(made, countersign);
        made.use(countersign.faults());
      },
      options,
    );
  }

  token(scope: string, claims: Readonly<Record<string, unknown>> = {}, bind?: BoundTo): Promise<string> {
    return this.issuer.token({
      audience: SERVICE,
      claims: { scope, ...claims },
      ...(bind !== undefined && { bind }),
    });
  }

  async ask(path: string, { token, method = 'GET', body, headers = {} }: Asked = {}): Promise<Reply> {
    const answer = await fetch(`${this.application?.origin ?? ''}${path}`, {
      method,
      redirect: 'manual',
      headers: { ...headers, ...(token !== undefined && { Authorization: `Bearer ${token}` }) },
      ...(body !== undefined && { body }),
    });
    const text = await answer.text();
    const isJson = (answer.headers.get('content-type') ?? '').includes('json');
    const json = isJson && text !== '' ? (JSON.parse(text) as { code?: string }) : {};
    return { status: answer.status, code: json.code, text, headers: answer.headers };
  }
}
