import { type RouteHandlerMethod } from 'fastify';
import { callers, countersign, open, scopes } from '@countersign/fastify';
import { Guarded } from './support/guarded.js';

const guarded = Guarded.use();
const { handler, ran } = guarded;
const READ = { config: { countersign: scopes('order:read') } };
/** What a careless rejection hands on. */
const NO_ERROR = undefined as unknown as Error;
const MISSING = expect.objectContaining({
  code: 'policy_missing',
  message: expect.stringContaining('nothing says who may call') as string,
}) as Error;

describe('a route that states nothing', () => {
  it('is refused when it is added, by every way to add one', async () => {
    const app = await guarded.app();
    expect(() => app.get('/order', handler)).toThrow('nothing says who may call GET /order;');
    expect(() => app.get('/order', { config: { countersign: [] } }, handler)).toThrow(MISSING);
    expect(() => app.route({ method: ['POST', 'PUT'], url: '/order', handler })).toThrow('POST, PUT /order');
    expect(() => app.all('/all', handler)).toThrow(MISSING);
    expect(() => app.head('/head', handler)).toThrow(MISSING);
    expect(() => app.options('/options', handler)).toThrow(MISSING);
    expect(() => app.get('/limit', { bodyLimit: 10 }, handler)).toThrow(MISSING);
    expect(() => app.get('/host', { constraints: { host: 'a.example' } }, handler)).toThrow(MISSING);
    await guarded.listen(app);
    for (const path of ['/order', '/all', '/head', '/options', '/limit', '/host'])
      expect(await guarded.ask(path)).toMatchObject({ status: 404 });
    expect(ran).toEqual([]);
  });

  it('states nothing by what is no requirement', async () => {
    const app = await guarded.app();
    const config = { countersign: 'order:read' as never };
    expect(() => app.get('/order', { config }, handler)).toThrow("requirements such as scopes('order:read')");
  });

  it('is refused when it is called where it was added before the plugin was loaded, and named at start', async () => {
    const app = guarded.bare();
    void app.register((inner, _options, done) => {
      inner.get('/inner/:id', handler);
      done();
    });
    app.get('/order', handler);
    void app.register(countersign, guarded.options());
    app.post('/order', handler);
    app.get('/stated', READ, handler);
    await guarded.listen(app);
    const token = await guarded.token('order:read');
    for (const path of ['/order', '/inner/1']) {
      expect(await guarded.ask(path, { token })).toMatchObject({ status: 403, code: 'policy_missing' });
      expect(await guarded.ask(path, { method: 'HEAD', token })).toMatchObject({ status: 403 });
      expect(await guarded.ask(path)).toMatchObject({ status: 401, code: 'token_missing' });
    }
    expect(await guarded.ask('/order', { method: 'POST', token })).toMatchObject({ status: 401 });
    expect(await guarded.ask('/stated', { token: await guarded.token('admin') })).toMatchObject({
      code: 'scope_missing',
    });
    expect(ran).toEqual([]);
    expect(await guarded.ask('/stated', { token })).toMatchObject({ status: 200 });
    expect(guarded.log).toEqual([
      expect.stringMatching(
        /^nothing says who may call GET \/order, HEAD \/order, POST \/order, GET \/inner\/:id, HEAD \/inner\/:id: refused/,
      ),
    ]);
  });

  it('is refused where it was added before, over a constraint, and beside a stated one for another', async () => {
    const app = guarded.bare();
    app.get('/order', { constraints: { version: '1.0.0' } }, handler);
    await app.register(countersign, guarded.options());
    app.get('/order', { ...READ, constraints: { version: '2.0.0' } }, handler);
    await guarded.listen(app);
    const token = await guarded.token('order:read');
    const version = (value: string) => ({ token, headers: { 'Accept-Version': value } });
    expect(await guarded.ask('/order', version('1.x'))).toMatchObject({ code: 'policy_missing' });
    expect(ran).toEqual([]);
    expect(await guarded.ask('/order', version('2.x'))).toMatchObject({ status: 200 });
  });
});

describe('what is not found', () => {
  it('is answered as Fastify does, with or without a token', async () => {
    const app = await guarded.app();
    app.get('/order', READ, handler);
    await guarded.listen(app);
    expect(await guarded.ask('/none')).toMatchObject({ status: 404 });
    expect(await guarded.ask('/order', { method: 'DELETE' })).toMatchObject({ status: 404 });
    expect(await guarded.ask('/order', { method: 'OPTIONS' })).toMatchObject({ status: 404 });
    expect(guarded.decisions).toEqual([]);
  });

  it.each<[string, RouteHandlerMethod]>([
    ['by what it returns', () => 'secret'],
    ['by send()', (_request, reply) => void reply.code(200).send({ secret: 'secret' })],
    ['by the response of Node', (_request, reply) => void reply.hijack().raw.end('secret')],
    ['by its head first', (_request, reply) => void reply.hijack().raw.writeHead(200).end('secret')],
    [
      'by parts',
      (_request, reply) => {
        const { raw } = reply.hijack();
        raw.write('secret');
        raw.end('secret');
      },
    ],
  ])('cannot be answered as if it had been found %s', async (_how, notFound) => {
    const app = await guarded.app();
    app.setNotFoundHandler(notFound);
    await guarded.listen(app);
    const answer = await guarded.ask('/none', { token: await guarded.token('order:read') });
    expect(answer).toMatchObject({ status: 403, code: 'policy_missing' });
    expect(answer.text).not.toContain('secret');
    expect(guarded.decisions).toMatchObject([{ decision: 'refused', code: 'policy_missing' }]);
  });

  it('has an answer of its own of 400 and above', async () => {
    const app = await guarded.app();
    app.setNotFoundHandler((_request, reply) => reply.code(404).send('gone'));
    await guarded.listen(app);
    expect(await guarded.ask('/none')).toMatchObject({ status: 404, text: 'gone' });
  });
});

it('refuses what states something where the plugin is not registered, in the whole application or in a context', async () => {
  const app = guarded.bare();
  app.get('/order', READ, handler);
  await app.register(async (inner) => {
    await inner.register(countersign, guarded.options());
  });
  app.get('/about', { config: { countersign: open() } }, handler);
  app.get('/own', handler);
  await guarded.listen(app);
  const token = await guarded.token('order:read');
  for (const path of ['/order', '/about'])
    expect(await guarded.ask(path, { token })).toMatchObject({ status: 500, code: 'config_invalid' });
  expect(ran).toEqual([]);
  expect(await guarded.ask('/own')).toMatchObject({ status: 200 });
});

it('guards HEAD as GET, whoever adds it', async () => {
  const app = await guarded.app();
  app.get('/order', READ, handler);
  app.get('/single', { ...READ, exposeHeadRoute: false }, handler);
  app.head('/single', { config: { countersign: callers('herald') } }, handler);
  await guarded.listen(app);
  const token = await guarded.token('order:read');
  expect(await guarded.ask('/order', { method: 'HEAD' })).toMatchObject({ status: 401 });
  expect(await guarded.ask('/single', { method: 'HEAD', token })).toMatchObject({ status: 403 });
  expect(ran).toEqual([]);
  expect(await guarded.ask('/order', { method: 'HEAD', token })).toMatchObject({ status: 200 });
});

it('guards what is injected, and what a handler hands on to the handler for what is not found', async () => {
  const app = await guarded.app();
  app.setNotFoundHandler(() => 'fallback');
  app.get('/order', READ, (_request, reply) => {
    reply.callNotFound();
    return reply;
  });
  const headers = { Authorization: `Bearer ${await guarded.token('order:read')}` };
  expect((await app.inject('/order')).statusCode).toBe(401);
  expect((await app.inject('/none')).statusCode).toBe(403);
  expect(await app.inject({ url: '/order', headers })).toMatchObject({ body: 'fallback' });
});

it('lets nobody in when a policy throws what is no error', async () => {
  const app = await guarded.app();
  const throwing = {
    statements: [{ kind: 'policy', policy: () => Promise.reject(NO_ERROR) }],
  } as const;
  app.get('/order', { config: { countersign: throwing } }, handler);
  await guarded.listen(app);
  expect(await guarded.ask('/order', { token: await guarded.token('') })).toMatchObject({ status: 500 });
  expect(ran).toEqual([]);
});

it('says nothing more to a response that an earlier hook has taken', async () => {
  const app = guarded.bare();
  app.addHook('onRequest', (_request, reply, done) => {
    reply.hijack().raw.end('taken');
    done();
  });
  await app.register(countersign, guarded.options());
  app.get('/order', READ, handler);
  app.get('/about', { config: { countersign: open() } }, handler);
  await guarded.listen(app);
  expect(await guarded.ask('/order')).toMatchObject({ text: 'taken' });
  expect(ran).toEqual([]);
});
