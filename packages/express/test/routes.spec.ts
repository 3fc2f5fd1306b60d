import { readFile } from 'node:fs/promises';
import { open, scopes } from '@countersign/express';
import { SERVICE, VERSIONS } from './support/application.js';
import { Guarded } from './support/guarded.js';

const guarded = Guarded.use();

describe.each(VERSIONS)('a route over $name', ({ express }) => {
  it('lets in a token with its scope, and refuses one without it and no token at all', async () => {
    await guarded.around(express(), (app) => {
      app.get('/order', scopes('order:read'), guarded.handler);
    });
    expect(await guarded.ask('/order', { token: await guarded.token('order:read') })).toMatchObject({
      status: 200,
    });
    expect(guarded.ran).toEqual(['GET /order']);
    expect(await guarded.ask('/order', { token: await guarded.token('order:write') })).toMatchObject({
      status: 403,
      code: 'scope_missing',
    });
    const bare = await guarded.ask('/order');
    expect(bare).toMatchObject({ status: 401, code: 'token_missing' });
    expect(bare.headers.get('www-authenticate')).toBe(`Bearer realm="${SERVICE}"`);
    expect(guarded.ran).toEqual(['GET /order']);
  });

  it('that states nothing is refused and never runs, whoever calls, and is named when the application starts', async () => {
    await guarded.around(express(), (app) => {
      app.get('/order', guarded.handler);
      app.get('/other', scopes('order:read'), guarded.handler);
    });
    expect(await guarded.ask('/order', { token: await guarded.token('order:read') })).toMatchObject({
      status: 403,
      code: 'policy_missing',
    });
    expect(await guarded.ask('/order')).toMatchObject({ status: 401, code: 'token_missing' });
    expect(guarded.ran).toEqual([]);
    expect(guarded.application?.log).toEqual([
      expect.stringMatching(/^nothing says who may call GET \/order: /),
    ]);
  });

  it('adds up what its routers and itself state', async () => {
    await guarded.around(express(), (app) => {
      const router = express.Router();
      router.use(scopes('order:read'));
      router.get('/read', guarded.handler);
      router.get('/admin', scopes('admin'), guarded.handler);
      app.use('/order', router);
    });
    expect(await guarded.ask('/order/read', { token: await guarded.token('order:read') })).toMatchObject({
      status: 200,
    });
    expect(
      await guarded.ask('/order/admin', { token: await guarded.token('order:read admin') }),
    ).toMatchObject({
      status: 200,
    });
    expect(await guarded.ask('/order/admin', { token: await guarded.token('order:read') })).toMatchObject({
      code: 'scope_missing',
    });
    expect(await guarded.ask('/order/admin', { token: await guarded.token('admin') })).toMatchObject({
      code: 'scope_missing',
    });
    expect(guarded.ran).toEqual(['GET /order/read', 'GET /order/admin']);
  });

  it('is not opened by what another router states that the request has left', async () => {
    await guarded.around(express(), (app) => {
      const first = express.Router();
      first.use(open());
      first.get('/about', guarded.handler);
      app.use(first);
      const second = express.Router();
      second.get('/order', guarded.handler);
      app.use(second);
    });
    expect(await guarded.ask('/about')).toMatchObject({ status: 200 });
    expect(await guarded.ask('/order')).toMatchObject({ status: 401, code: 'token_missing' });
    expect(guarded.ran).toEqual(['GET /about']);
  });

  it('refuses a replayed write', async () => {
    await guarded.around(express(), (app) => {
      app.post('/order', scopes('order:write'), express.json(), (request, response) => {
        guarded.ran.push('write');
        response.json(request.body);
      });
    });
    const body = '{"a":1}';
    const token = await guarded.token('order:write', {}, { method: 'POST', url: '/order', body });
    const sent = { method: 'POST', token, body, headers: { 'Content-Type': 'application/json' } };
    expect(await guarded.ask('/order', sent)).toMatchObject({ status: 200, text: body });
    expect(await guarded.ask('/order', sent)).toMatchObject({ status: 401, code: 'token_replayed' });
    expect(guarded.ran).toEqual(['write']);
  });

  it('does not let out what middleware without a statement answers', async () => {
    await guarded.around(express(), (app) => {
      app.use('/open', open(), express.static(import.meta.dirname));
      app.use(express.static(import.meta.dirname));
    });
    const file = await readFile(new URL('routes.spec.ts', import.meta.url), 'utf8');
    expect(await guarded.ask('/open/routes.spec.ts')).toMatchObject({ status: 200, text: file });
    const refused = await guarded.ask('/routes.spec.ts');
    expect(refused).toMatchObject({ status: 403, code: 'policy_missing' });
    expect(refused.text).not.toContain('import');
    expect(await guarded.ask('/none')).toMatchObject({ status: 404 });
  });
});
