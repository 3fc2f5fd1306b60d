import { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import { authenticated, open, policy, scopes } from '@countersign/express';
import { VERSIONS } from './support/application.js';
import { Guarded } from './support/guarded.js';

const guarded = Guarded.use();
const { handler, ran } = guarded;

/** Goes on as if there had been no error. */
const forgiving: ErrorRequestHandler = (_error, _request, _response, next) => {
  next();
};
/** Answers as if there had been no error. */
const pretending: ErrorRequestHandler = (error, _request, response, next) => {
  if (response.headersSent) next(error);
  else response.json({ status: 'fine' });
};
const POLICY_MISSING = { status: 403, code: 'policy_missing' };
const TOKEN_MISSING = { status: 401, code: 'token_missing' };

describe.each(VERSIONS)('over $name', ({ express }) => {
  const around = (routes: (app: Express) => void) => guarded.around(express(), routes);

  describe('an application does not start', () => {
    const start = (before: (app: Express) => void, path?: string) =>
      guarded.start(express(), (app, countersign) => {
        before(app);
        if (path === undefined) app.use(countersign);
        else app.use(path, countersign);
      });

    it.each<[string, (app: Express) => unknown]>([
      ['the route GET /order', (app) => app.get('/order', scopes('order:read'), handler)],
      ['the route ALL /order', (app) => app.all('/order', handler)],
      ['a router', (app) => app.use('/order', express.Router())],
      ['an application', (app) => app.use('/order', express())],
      ['express.static()', (app) => app.use(express.static(import.meta.dirname))],
    ])('when %s stands before our middleware', async (what, add) => {
      await expect(start(add)).rejects.toMatchObject({
        code: 'config_invalid',
        message: `${what} stands before app.use(countersign), and nobody would guard it; put it after`,
      });
    });

    it.each(['json', 'urlencoded', 'raw', 'text'] as const)(
      'when the body parser express.%s() stands before it',
      async (name) => {
        await expect(start((app) => app.use(express[name]()))).rejects.toMatchObject({
          code: 'raw_body_unavailable',
        });
      },
    );

    it('when it is used for a path', async () => {
      await expect(start(() => undefined, '/api')).rejects.toMatchObject({
        code: 'config_invalid',
        message: expect.stringContaining("app.use('/api', api)") as unknown,
      });
    });

    it('when a requirement has no name, or one that is none', () => {
      expect(() => Reflect.apply(scopes, undefined, []) as unknown).toThrow(
        'scopes() needs at least one name',
      );
      expect(() => scopes('order read')).toThrow('"order read", which is not one name');
      expect(() => Reflect.apply(policy, undefined, []) as unknown).toThrow(
        'policy() needs at least one function',
      );
      expect(() => Reflect.apply(authenticated, undefined, ['admin']) as unknown).toThrow(
        "'user', 'service'",
      );
    });
  });

  it.each<[string, (app: Express) => unknown, string]>([
    ['of app.route()', (app) => app.route('/order').get(handler).post(handler), '/order'],
    ['of app.all()', (app) => app.all('/order', handler), '/order'],
    ['by a regular expression', (app) => app.get(/^\/ord.r$/, handler), '/order'],
    ['of several paths', (app) => app.get(['/order', '/orders'], handler), '/orders'],
    ['in a router', (app) => app.use('/a', express.Router().get('/order', handler)), '/a/order'],
    [
      'in a router under a parameter',
      (app) => app.use('/:id', express.Router().get('/order', handler)),
      '/1/order',
    ],
    [
      'in a router in a router',
      (app) => app.use(express.Router().use(express.Router().get('/order', handler))),
      '/order',
    ],
    ['in a mounted application', (app) => app.use('/a', express().get('/order', handler)), '/a/order'],
    [
      'in an application that is called and not mounted',
      (app) => {
        const other = express().get('/order', handler);
        app.use((request, response, next) => {
          Reflect.apply(other, undefined, [request, response, next]);
        });
      },
      '/order',
    ],
    [
      'behind an error handler of its own that goes on',
      (app) => app.get('/order', forgiving as unknown as RequestHandler, handler, handler),
      '/order',
    ],
    [
      'whose statement another method has',
      (app) => app.route('/order').post(scopes('order:read')).get(handler),
      '/order',
    ],
    [
      'behind a route that states something and goes on',
      (app) => {
        app.get('/order', scopes('order:read'), (_request, _response, next) => {
          next('route');
        });
        app.get('/order', handler);
      },
      '/order',
    ],
    [
      'behind a statement for another path',
      (app) => {
        app.use('/other', open());
        app.get('/order', handler);
      },
      '/order',
    ],
  ])('refuses a route that states nothing %s', async (_where, add, path) => {
    await around((app) => void add(app));
    const token = await guarded.token('order:read');
    expect(await guarded.ask(path, { token })).toMatchObject(POLICY_MISSING);
    expect(await guarded.ask(path)).toMatchObject(TOKEN_MISSING);
    expect(ran).toEqual([]);
  });

  it('refuses the routes of an application before our middleware that a bundler has renamed', async () => {
    await guarded.start(express(), (app, countersign) => {
      app.use(express().get('/before', handler));
      const { stack } = (Reflect.get(app, '_router') ?? app.router) as { stack: { name: string }[] };
      Object.assign(stack.at(-1) ?? {}, { name: 'a' });
      app.use(countersign);
    });
    const { error } = console;
    console.error = () => undefined;
    expect(await guarded.ask('/before')).toMatchObject({ status: 500 });
    console.error = error;
    expect(ran).toEqual([]);
  });

  it('refuses a router that is mounted twice, where one of the two places states nothing', async () => {
    await around((app) => {
      const router = express.Router().get('/order', handler);
      app.use('/stated', express.Router().use(scopes('order:read')).use(router));
      app.use('/unstated', router);
    });
    const token = await guarded.token('order:read');
    expect(await guarded.ask('/stated/order', { token })).toMatchObject({ status: 200 });
    expect(await guarded.ask('/unstated/order', { token })).toMatchObject(POLICY_MISSING);
    expect(ran).toEqual(['GET /stated/order']);
  });

  it('judges the policy of a route again for each place that its router is mounted at', async () => {
    await around((app) => {
      const router = express.Router({ mergeParams: true });
      router.get(
        '/order',
        policy((_principal, request) => request.params['id'] === '1'),
        (request, _response, next) => {
          ran.push(request.originalUrl);
          next();
        },
      );
      app.use('/:id', router);
      app.use('/:other', express.Router().use(router));
    });
    expect(await guarded.ask('/1/order', { token: await guarded.token('') })).toMatchObject({
      code: 'policy_refused',
    });
    expect(ran).toEqual(['/1/order']);
  });

  it.each<[string, RequestHandler]>([
    ['json', (_request, response) => void response.json({ secret: true })],
    [
      'pieces',
      (_request, response) => {
        response.write('sec');
        response.end('ret');
      },
    ],
    [
      'writeHead',
      (_request, response) => void response.writeHead(200, { 'X-Secret': 'secret' }).end('secret'),
    ],
    ['a redirect', (_request, response) => response.redirect('/secret')],
    [
      'headers first',
      (_request, response) => {
        response.flushHeaders();
        response.end('secret');
      },
    ],
    ['a late answer', (_request, response) => void setImmediate(() => response.json({ secret: true }))],
  ])('lets nothing out that middleware without a statement answers by %s', async (_how, middleware) => {
    await around((app) => app.use(middleware));
    const answer = await guarded.ask('/any', { token: await guarded.token('order:read') });
    expect(answer).toMatchObject({
      ...POLICY_MISSING,
      text: expect.not.stringContaining('secret') as unknown,
    });
    expect(answer.headers.get('x-secret')).toBeNull();
    expect(guarded.application?.decisions).toMatchObject([{ decision: 'refused', code: 'policy_missing' }]);
  });

  it('lets out what stands behind a statement on a router, and records it once', async () => {
    await around((app) => app.use(scopes('order:read'), handler));
    expect(await guarded.ask('/any', { token: await guarded.token('order:read') })).toMatchObject({
      status: 200,
    });
    expect(await guarded.ask('/any', { token: await guarded.token('admin') })).toMatchObject({
      code: 'scope_missing',
    });
    expect(ran).toEqual(['GET /any']);
    expect(guarded.application?.decisions.map(({ decision }) => decision)).toEqual(['allowed', 'refused']);
  });

  it('stays refused, whatever error handlers make of it', async () => {
    await around((app) => {
      app.get('/route', scopes('admin'), forgiving as unknown as RequestHandler, handler);
      app.use('/router', scopes('admin'));
      app.use(forgiving);
      app.get('/router/order', scopes('order:read'), handler);
      app.use('/router', handler);
      app.use(pretending);
    });
    const token = await guarded.token('order:read');
    const refused = { status: 403, code: 'scope_missing' };
    expect(await guarded.ask('/route', { token })).toMatchObject({ status: 404 });
    expect(await guarded.ask('/router/order', { token })).toMatchObject(refused);
    expect(ran).toEqual([]);
    expect(await guarded.ask('/router/other', { token })).toMatchObject(refused);
  });
});
