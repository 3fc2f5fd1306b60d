import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { type Express } from 'express';
import {
  authenticated,
  bodyLimit,
  callers,
  open,
  optional,
  policy,
  roles,
  scopes,
} from '@countersign/express';
import { VERSIONS } from './support/application.js';
import { Guarded } from './support/guarded.js';

const guarded = Guarded.use();
const { handler, ran } = guarded;

describe.each(VERSIONS)('over $name, an application', ({ express }) => {
  const around = (routes: (app: Express) => void) => guarded.around(express(), routes);

  it('answers 404 for what is not there, as Express does', async () => {
    await around((app) => app.get('/order', scopes('order:read'), handler));
    expect(await guarded.ask('/none')).toMatchObject({ status: 404 });
    expect(await guarded.ask('/order', { method: 'DELETE' })).toMatchObject({ status: 404 });
  });

  it('guards HEAD as GET, and answers OPTIONS as Express does, without a handler', async () => {
    await around((app) => app.get('/order', scopes('order:read'), handler));
    const token = await guarded.token('order:read');
    expect(await guarded.ask('/order', { method: 'HEAD' })).toMatchObject({ status: 401 });
    expect(await guarded.ask('/order', { method: 'HEAD', token })).toMatchObject({ status: 200 });
    const options = await guarded.ask('/order', { method: 'OPTIONS' });
    expect(options.headers.get('allow')?.split(/, ?/).sort()).toEqual(['GET', 'HEAD']);
    expect(ran).toEqual(['HEAD /order']);
  });

  it('refuses two statements that cannot both hold, and says so when it starts', async () => {
    await around((app) => {
      app.use('/order', express.Router().use(scopes('order:read')).get('/', open(), handler));
      app.get('/both', open(), callers('gateway'), handler);
    });
    const token = await guarded.token('order:read');
    expect(await guarded.ask('/order', { token })).toMatchObject({ status: 500, code: 'config_invalid' });
    expect(await guarded.ask('/both', { token })).toMatchObject({ status: 500, code: 'config_invalid' });
    expect(ran).toEqual([]);
    expect(guarded.application?.log).toContainEqual(expect.stringContaining('cannot both hold'));
  });

  it('judges a statement that a handler calls by itself', async () => {
    await around((app) =>
      app.get(
        '/order',
        authenticated(),
        (request, response, next) => {
          if (request.query['all'] === undefined) next();
          else scopes('admin')(request, response, next);
        },
        handler,
      ),
    );
    const token = await guarded.token('order:read');
    expect(await guarded.ask('/order', { token })).toMatchObject({ status: 200 });
    expect(await guarded.ask('/order?all', { token })).toMatchObject({ code: 'scope_missing' });
    expect(ran).toEqual(['GET /order']);
  });

  it('lets in whoever an optional route is for, and never a bad token', async () => {
    await around((app) => app.get('/order', optional(), handler));
    expect(await guarded.ask('/order')).toMatchObject({ status: 200, text: '{"caller":null}' });
    expect(await guarded.ask('/order', { token: 'a.b.c' })).toMatchObject({
      status: 401,
      code: 'token_malformed',
    });
    expect(await guarded.ask('/order', { token: await guarded.token('') })).toMatchObject({
      text: '{"caller":"gateway"}',
    });
    expect(ran).toHaveLength(2);
  });

  it('compares roles and callers', async () => {
    await around((app) => {
      app.get('/role', roles.any('clerk', 'admin'), handler);
      app.get('/caller', callers('gateway'), handler);
      app.get('/other', callers('herald'), handler);
    });
    const token = await guarded.token('', { roles: ['admin'] });
    expect(await guarded.ask('/role', { token })).toMatchObject({ status: 200 });
    expect(await guarded.ask('/caller', { token })).toMatchObject({ status: 200 });
    expect(await guarded.ask('/role', { token: await guarded.token('') })).toMatchObject({
      code: 'role_missing',
    });
    expect(await guarded.ask('/other', { token })).toMatchObject({ status: 403, code: 'caller_not_allowed' });
    expect(ran).toEqual(['GET /role', 'GET /caller']);
  });

  it('hands on what a policy or a handler throws, and lets nobody in', async () => {
    await around((app) => {
      app.get(
        '/policy',
        policy(() => Promise.reject(new Error('no database'))),
        handler,
      );
      app.get('/handler', authenticated(), () => {
        throw new Error('no database');
      });
    });
    const token = await guarded.token('');
    expect(await guarded.ask('/policy', { token })).toMatchObject({ status: 500 });
    expect(await guarded.ask('/handler', { token })).toMatchObject({ status: 500 });
    expect(ran).toEqual([]);
  });

  it('gives a route a limit of its own, which says nothing about who may call', async () => {
    await around((app) => {
      app.post('/large', bodyLimit('2mb'), scopes('order:write'), handler);
      app.post('/small', scopes('order:write'), bodyLimit(10), handler);
      app.post('/unstated', bodyLimit('2mb'), handler);
    });
    const post = async (url: string, bytes: number) => {
      const body = 'x'.repeat(bytes);
      const token = await guarded.token('order:write', {}, { method: 'POST', url, body });
      return guarded.ask(url, { method: 'POST', token, body });
    };
    expect(await post('/large', 1_500_000)).toMatchObject({ status: 200 });
    expect(await post('/large', 2_500_000)).toMatchObject({ status: 413, code: 'body_too_large' });
    expect(await post('/small', 10)).toMatchObject({ status: 200 });
    expect(await post('/small', 11)).toMatchObject({ status: 413, code: 'body_too_large' });
    expect(await post('/unstated', 1)).toMatchObject({ status: 403, code: 'policy_missing' });
    expect(ran).toEqual(['POST /large', 'POST /small']);
  });

  it.each([
    ['nothing', undefined],
    ['what Express goes on with', 'route'],
  ])('lets nobody in when a policy throws %s', async (_what, thrown) => {
    await around((app) => {
      app.get(
        '/order',
        policy(() => {
          throw thrown;
        }),
        handler,
      );
      app.get('/order', authenticated(), handler);
    });
    expect(await guarded.ask('/order', { token: await guarded.token('') })).toMatchObject({ status: 500 });
    expect(ran).toEqual([]);
  });

  it('refuses an upload that breaks off, and one that waits for 100 Continue is let in', async () => {
    await around((app) => app.post('/order', scopes('order:write'), express.text({ type: '*/*' }), handler));
    const body = 'abc';
    const bound = () => guarded.token('order:write', {}, { method: 'POST', url: '/order', body });
    const send = (token: string, expected?: string) =>
      httpRequest(`${guarded.application?.origin ?? ''}/order`, {
        method: 'POST',
        headers: {
          Authorization: `Bearer ${token}`,
          'Content-Length': String(body.length),
          ...(expected !== undefined && { Expect: expected }),
        },
      });
    const broken = send(await bound());
    broken.on('error', () => undefined);
    broken.write('ab', () => broken.destroy());
    await new Promise((resolve) => broken.once('close', resolve));
    const waiting = send(await bound(), '100-continue');
    waiting.once('continue', () => waiting.end(body));
    const [answer] = (await once(waiting, 'response')) as [{ statusCode: number; resume: () => void }];
    answer.resume();
    expect(answer.statusCode).toBe(200);
    expect(ran).toEqual(['POST /order']);
  });

  it('refuses with the same status and challenge where the error handler was forgotten', async () => {
    await guarded.start(express(), (app, countersign) => {
      app.use(countersign);
      app.get('/order', scopes('order:read'), handler);
    });
    const answer = await guarded.ask('/order', { token: await guarded.token('admin') });
    expect(answer.status).toBe(403);
    expect(answer.headers.get('www-authenticate')).toContain(
      'error="insufficient_scope", scope="order:read"',
    );
    expect(answer.text).not.toContain('is needed');
    expect(ran).toEqual([]);
  });

  it('refuses every route that states something where our middleware was forgotten', async () => {
    await guarded.start(express(), (app, countersign) => {
      app.get('/order', scopes('order:read'), handler);
      app.use('/router', authenticated(), handler);
      app.use(countersign.faults());
    });
    const token = await guarded.token('order:read');
    const lines: unknown[] = [];
    const { error } = console;
    // Without the middleware there is no logger: it is the console that says why.
    console.error = (line: unknown) => void lines.push(line);
    expect(await guarded.ask('/order', { token })).toMatchObject({ status: 500, code: 'config_invalid' });
    expect(await guarded.ask('/router', { token })).toMatchObject({ status: 500, code: 'config_invalid' });
    console.error = error;
    expect(lines).toEqual(Array(2).fill(expect.stringContaining('app.use(countersign) is missing')));
    expect(ran).toEqual([]);
  });
});
