import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:http2';
import { fastify } from 'fastify';
import {
  authenticated,
  callers,
  countersign,
  CountersignError,
  open,
  optional,
  policy,
  roles,
  scopes,
} from '@countersign/fastify';
import { Guarded, SERVICE } from './support/guarded.js';

const guarded = Guarded.use();
const { handler, ran } = guarded;
const READ = { config: { countersign: scopes('order:read') } };
const WRITE = { config: { countersign: scopes('order:write') } };
const JSON_TYPE = { 'Content-Type': 'application/json' };

it('lets in a token with its scope, and refuses one without it and no token at all', async () => {
  const app = await guarded.app();
  app.get('/order/:id', READ, handler);
  await guarded.listen(app);
  const good = await guarded.token('order:read');
  expect(await guarded.ask('/order/1', { token: good })).toMatchObject({
    status: 200,
    text: '{"caller":"gateway"}',
  });
  const foreign = await guarded.token('order:write');
  expect(await guarded.ask('/order/1', { token: foreign })).toMatchObject({
    status: 403,
    code: 'scope_missing',
  });
  const bare = await guarded.ask('/order/1');
  expect(bare).toMatchObject({ status: 401, code: 'token_missing' });
  expect(bare.headers.get('www-authenticate')).toBe(`Bearer realm="${SERVICE}"`);
  expect(bare.headers.get('content-type')).toBe('application/problem+json');
  expect(ran).toEqual(['GET /order/1']);
  expect(guarded.decisions).toMatchObject([
    { decision: 'allowed', method: 'GET', route: '/order/:id', caller: 'gateway' },
    { decision: 'refused', route: '/order/:id', code: 'scope_missing' },
    { decision: 'refused', route: '/order/:id', code: 'token_missing' },
  ]);
});

it('judges a write before its body is parsed, and refuses it a second time', async () => {
  const app = await guarded.app();
  app.post('/order', WRITE, (request) => {
    ran.push('write');
    return request.body;
  });
  await guarded.listen(app);
  const body = '{"a":1}';
  const bound = () => guarded.token('order:write', {}, { method: 'POST', url: '/order', body });
  const token = await bound();
  const sent = { method: 'POST', token, body, headers: JSON_TYPE };
  expect(await guarded.ask('/order', sent)).toMatchObject({ status: 200, text: body });
  expect(await guarded.ask('/order', sent)).toMatchObject({ status: 401, code: 'token_replayed' });
  expect(await guarded.ask('/order', { ...sent, token: await bound(), body: '{"a":2}' })).toMatchObject({
    status: 401,
    code: 'body_mismatch',
  });
  // Nobody parses what nobody may send.
  expect(await guarded.ask('/order', { ...sent, token: 'a.b.c', body: '{' })).toMatchObject({
    code: 'token_malformed',
  });
  expect(ran).toEqual(['write']);
});

it("holds a route's own limit of the body against the hash too", async () => {
  const app = await guarded.app({ maxBodyBytes: 4 });
  app.post('/large', { ...WRITE, bodyLimit: 8 }, handler);
  app.post('/small', WRITE, handler);
  await guarded.listen(app);
  const send = async (path: string, body: string) => {
    const token = await guarded.token('order:write', {}, { method: 'POST', url: path, body });
    return guarded.ask(path, { method: 'POST', token, body, headers: JSON_TYPE });
  };
  expect(await send('/large', '"12345"')).toMatchObject({ status: 200 });
  expect(await send('/large', '"12345678"')).toMatchObject({ status: 413, code: 'body_too_large' });
  expect(await send('/small', '"12345"')).toMatchObject({ status: 413, code: 'body_too_large' });
  expect(ran).toEqual(['POST /large']);
});

it('lets in whoever an optional route is for, and never a bad token', async () => {
  const app = await guarded.app();
  app.get('/order', { config: { countersign: optional() } }, handler);
  await guarded.listen(app);
  expect(await guarded.ask('/order')).toMatchObject({ status: 200, text: '{"caller":null}' });
  expect(await guarded.ask('/order', { token: 'a.b.c' })).toMatchObject({
    status: 401,
    code: 'token_malformed',
  });
  expect(ran).toHaveLength(1);
});

it('compares roles and callers, and asks policies, which see the request', async () => {
  const app = await guarded.app();
  const mine = policy((_principal, { params }) => (params as { id: string }).id === '1');
  app.get('/role', { config: { countersign: roles.any('clerk', 'admin') } }, handler);
  app.get('/other', { config: { countersign: [callers('gateway'), callers('herald')] } }, handler);
  app.get('/policy/:id', { config: { countersign: [authenticated(), mine] } }, handler);
  await guarded.listen(app);
  const token = await guarded.token('', { roles: ['admin'] });
  expect(await guarded.ask('/role', { token })).toMatchObject({ status: 200 });
  expect(await guarded.ask('/role', { token: await guarded.token('') })).toMatchObject({
    code: 'role_missing',
  });
  expect(await guarded.ask('/other', { token })).toMatchObject({ status: 403, code: 'caller_not_allowed' });
  expect(await guarded.ask('/policy/1', { token })).toMatchObject({ status: 200 });
  expect(await guarded.ask('/policy/2', { token })).toMatchObject({ status: 403, code: 'policy_refused' });
  expect(ran).toEqual(['GET /role', 'GET /policy/1']);
});

it('binds writes to what was sent where Fastify rewrites it, and routes by what it became', async () => {
  const app = await guarded.app({}, { rewriteUrl: ({ url = '' }) => url.replace('/api', '') });
  app.post('/order', WRITE, handler);
  await guarded.listen(app);
  const body = '{"a":1}';
  const send = async (url: string) => {
    const token = await guarded.token('order:write', {}, { method: 'POST', url, body });
    return guarded.ask('/api/order', { method: 'POST', token, body, headers: JSON_TYPE });
  };
  expect(await send('/api/order')).toMatchObject({ status: 200 });
  expect(await send('/order')).toMatchObject({ status: 401, code: 'binding_mismatch' });
  expect(ran).toEqual(['POST /api/order']);
});

it('guards requests of HTTP/2, writes included', async () => {
  const app = fastify({ http2: true, forceCloseConnections: true });
  await app.register(countersign, guarded.options());
  app.post('/order', WRITE, (request) => request.body);
  const session = connect(await app.listen({ port: 0, host: '127.0.0.1' }));
  const body = '{"a":1}';
  const bound = await guarded.token('order:write', {}, { method: 'POST', url: '/order', body });
  const send = async (token: string) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': '/order',
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
    });
    stream.end(body);
    const [head] = (await once(stream, 'response')) as [Record<string, unknown>];
    const chunks = (await stream.toArray()) as Buffer[];
    return { status: head[':status'], text: Buffer.concat(chunks).toString() };
  };
  expect(await send(bound)).toEqual({ status: 200, text: body });
  expect(await send(bound)).toMatchObject({
    status: 401,
    text: expect.stringContaining('token_replayed') as string,
  });
  session.close();
  await app.close();
});

it('refuses an upload that breaks off, and lets in one that waits for 100 Continue', async () => {
  const app = await guarded.app();
  app.post('/order', WRITE, handler);
  await guarded.listen(app);
  const body = '{"a":1}';
  const bound = () => guarded.token('order:write', {}, { method: 'POST', url: '/order', body });
  const send = (token: string, more: Record<string, string> = {}) =>
    httpRequest(`${guarded.origin}/order`, {
      method: 'POST',
      headers: {
        ...JSON_TYPE,
        Authorization: `Bearer ${token}`,
        'Content-Length': String(body.length),
        ...more,
      },
    });
  const broken = send(await bound());
  broken.on('error', () => undefined);
  broken.write('{', () => broken.destroy());
  await new Promise((resolve) => broken.once('close', resolve));
  const waiting = send(await bound(), { Expect: '100-continue' });
  waiting.once('continue', () => waiting.end(body));
  const [answer] = (await once(waiting, 'response')) as [IncomingMessage];
  answer.resume();
  expect(answer.statusCode).toBe(200);
  expect(ran).toEqual(['POST /order']);
});

describe('what a handler throws', () => {
  const fault = () => {
    throw new CountersignError('token_expired', 'from further down');
  };
  const own = () => {
    throw new Error('no database');
  };

  it('is a problem document where it is a fault, whichever error handler the application has', async () => {
    const app = await guarded.app();
    const seen: unknown[] = [];
    app.addHook('onError', (_request, _reply, error, done) => {
      seen.push(error.message);
      done();
    });
    app.setErrorHandler((error: Error, _request, reply) => reply.code(418).send({ own: error.message }));
    app.get('/fault', READ, fault);
    app.get('/async', READ, () => Promise.reject(new CountersignError('destination_unknown', 'gone')));
    app.get('/own', READ, own);
    await guarded.listen(app);
    const token = await guarded.token('order:read');
    const answer = await guarded.ask('/fault', { token });
    expect(answer).toMatchObject({ status: 500, code: 'token_expired' });
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.headers.get('www-authenticate')).toBeNull();
    expect(answer.text).not.toContain('from further down');
    expect(await guarded.ask('/async', { token })).toMatchObject({ code: 'destination_unknown' });
    expect(await guarded.ask('/own', { token })).toMatchObject({
      status: 418,
      text: '{"own":"no database"}',
    });
    expect(seen).toEqual(['from further down', 'gone', 'no database']);
    expect(guarded.log).toMatchObject([
      { code: 'token_expired', reason: 'from further down' },
      { code: 'destination_unknown', reason: 'gone' },
    ]);
  });

  it("reaches a route's own error handler, and one that was set before the plugin was registered", async () => {
    const app = guarded.bare();
    app.setErrorHandler((error: Error, _request, reply) => reply.code(418).send({ own: error.message }));
    await app.register(countersign, guarded.options());
    const config = READ.config;
    const errorHandler: Parameters<typeof app.setErrorHandler>[0] = (_error, _request, reply) => {
      void reply.code(409).send('mine');
    };
    app.get('/route', { config, errorHandler }, fault);
    app.get('/own', READ, own);
    await guarded.listen(app);
    const token = await guarded.token('order:read');
    expect(await guarded.ask('/route', { token })).toMatchObject({ status: 409, text: 'mine' });
    expect(await guarded.ask('/own', { token })).toMatchObject({ status: 418 });
    // Refusals are no errors of the application.
    expect(await guarded.ask('/route')).toMatchObject({ status: 401, code: 'token_missing' });
  });

  it('says no more than it may where the handler is for what is not found', async () => {
    const app = guarded.bare();
    app.get('/fault', READ, fault);
    await app.register(countersign, guarded.options());
    app.setNotFoundHandler(fault);
    await guarded.listen(app);
    const early = await guarded.ask('/fault', { token: await guarded.token('order:read') });
    expect(early.headers.get('content-type')).toBe('application/problem+json');
    const answer = await guarded.ask('/none');
    expect(answer).toMatchObject({ status: 500, code: 'token_expired' });
    expect(answer.text).not.toContain('from further down');
  });

  it('is passed on where a policy or the subject resolver threw it', async () => {
    const app = await guarded.app();
    const broken = policy(() => Promise.reject(new Error('no database')));
    app.get('/policy', { config: { countersign: broken } }, handler);
    await guarded.listen(app);
    expect(await guarded.ask('/policy', { token: await guarded.token('') })).toMatchObject({ status: 500 });
    expect(ran).toEqual([]);
  });
});

it('lets a handler take the response away from Fastify', async () => {
  const app = await guarded.app();
  app.get('/order', READ, (_request, reply) => void reply.hijack().raw.end('raw'));
  app.get('/about', { config: { countersign: open() } }, handler);
  await guarded.listen(app);
  expect(await guarded.ask('/order')).toMatchObject({ status: 401 });
  expect(await guarded.ask('/order', { token: await guarded.token('order:read') })).toMatchObject({
    text: 'raw',
  });
  expect(await guarded.ask('/about')).toMatchObject({ status: 200 });
  expect(guarded.decisions).toHaveLength(2);
});

it('runs hooks that stand before it for requests that it refuses, such as those of CORS', async () => {
  const app = guarded.bare();
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('Access-Control-Allow-Origin', '*');
    if (request.method === 'OPTIONS') void reply.code(204).send();
    else done();
  });
  await app.register(countersign, guarded.options());
  app.get('/order', READ, handler);
  await guarded.listen(app);
  const refused = await guarded.ask('/order');
  expect(refused).toMatchObject({ status: 401 });
  expect(refused.headers.get('access-control-allow-origin')).toBe('*');
  expect(await guarded.ask('/order', { method: 'OPTIONS' })).toMatchObject({ status: 204 });
});
