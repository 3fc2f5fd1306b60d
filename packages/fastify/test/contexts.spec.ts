import { callers, countersign, open, scopes } from '@countersign/fastify';
import { Guarded } from './support/guarded.js';

const guarded = Guarded.use();
const { handler, ran } = guarded;
const READ = { config: { countersign: scopes('order:read') } };

it('leaves the contexts beside its own alone', async () => {
  const app = guarded.bare();
  await app.register(async (inner) => {
    await inner.register(countersign, guarded.options());
    inner.get('/guarded', READ, handler);
    await inner.register((innermost, _options, done) => {
      innermost.get('/inner', READ, handler);
      expect(() => innermost.get('/unstated', handler)).toThrow('nothing says who may call GET /unstated');
      done();
    });
  });
  await app.register((beside, _options, done) => {
    beside.get('/beside', handler);
    expect(beside.hasDecorator('countersign')).toBe(false);
    done();
  });
  app.get('/outer', handler);
  await guarded.listen(app);
  expect(await guarded.ask('/guarded')).toMatchObject({ status: 401, code: 'token_missing' });
  expect(await guarded.ask('/inner')).toMatchObject({ status: 401, code: 'token_missing' });
  expect(ran).toEqual([]);
  expect(await guarded.ask('/beside')).toMatchObject({ status: 200 });
  expect(await guarded.ask('/outer')).toMatchObject({ status: 200 });
  const token = await guarded.token('order:read');
  expect(await guarded.ask('/guarded', { token })).toMatchObject({ status: 200 });
  expect(await guarded.ask('/inner', { token })).toMatchObject({ text: '{"caller":"gateway"}' });
  expect(guarded.log).toEqual([]);
});

it('adds up what contexts and routes state', async () => {
  const app = await guarded.app();
  await app.register(
    async (orders) => {
      orders.countersign.require(scopes('order:read'));
      orders.get('/', handler);
      await orders.register((admin, _options, done) => {
        admin.countersign.require(callers('gateway'));
        admin.get('/admin', { config: { countersign: [scopes('admin')] } }, handler);
        done();
      });
    },
    { prefix: '/order' },
  );
  app.get('/about', { config: { countersign: open() } }, handler);
  await guarded.listen(app);
  const both = await guarded.token('order:read admin');
  expect(await guarded.ask('/order', { token: both })).toMatchObject({ status: 200 });
  expect(await guarded.ask('/order/', { token: both })).toMatchObject({ status: 200 });
  expect(await guarded.ask('/order/admin', { token: both })).toMatchObject({ status: 200 });
  expect(ran).toEqual(['GET /order', 'GET /order/', 'GET /order/admin']);
  const admin = await guarded.token('admin');
  const read = await guarded.token('order:read');
  expect(await guarded.ask('/order/', { token: admin })).toMatchObject({
    status: 403,
    code: 'scope_missing',
  });
  expect(await guarded.ask('/order/admin', { token: admin })).toMatchObject({ code: 'scope_missing' });
  expect(await guarded.ask('/order/admin', { token: read })).toMatchObject({ code: 'scope_missing' });
  expect(ran).toHaveLength(3);
  expect(await guarded.ask('/about')).toMatchObject({ status: 200 });
  expect(
    app.countersign.routes().filter(({ method, url }) => method === 'GET' && url === '/order/admin'),
  ).toEqual([
    {
      method: 'GET',
      url: '/order/admin',
      access: 'guarded',
      requirements: [
        { kind: 'scope', anyOf: ['order:read'] },
        { kind: 'caller', anyOf: ['gateway'] },
        { kind: 'scope', anyOf: ['admin'] },
      ],
      policies: [],
    },
  ]);
});

it('counts what a context states after its routes were added, and serves the keys to everybody all the same', async () => {
  const app = await guarded.app();
  app.get('/order', READ, handler);
  app.countersign.require(scopes('admin'));
  await guarded.listen(app);
  expect(await guarded.ask('/order', { token: await guarded.token('order:read') })).toMatchObject({
    code: 'scope_missing',
  });
  expect(await guarded.ask('/order', { token: await guarded.token('order:read admin') })).toMatchObject({
    status: 200,
  });
  expect(await guarded.ask('/.well-known/jwks.json')).toMatchObject({ status: 200 });
  expect(() => {
    app.countersign.require(scopes('admin'));
  }).toThrow('too late');
});

it('does not start with two statements that cannot both hold', async () => {
  const app = await guarded.app();
  const both = { config: { countersign: [open(), scopes('order:read')] } };
  expect(() => app.get('/both', both, handler)).toThrow(expect.objectContaining({ code: 'config_invalid' }));
  app.get('/about', { config: { countersign: open() } }, handler);
  app.countersign.require(scopes('order:read'));
  await expect(app.ready()).rejects.toMatchObject({ code: 'config_invalid' });
});

it('is not registered twice for one context, and twice for two', async () => {
  const app = await guarded.app();
  await expect(
    app.register(async (inner) => {
      await inner.register(countersign, guarded.options());
    }),
  ).rejects.toMatchObject({ code: 'config_invalid' });
});

it('judges each context by its own registration', async () => {
  const app = guarded.bare();
  for (const service of ['one', 'two'])
    await app.register(
      async (inner) => {
        await inner.register(countersign, guarded.options({ service: `https://${service}.service/` }));
        inner.get('/', READ, handler);
      },
      { prefix: `/${service}` },
    );
  await guarded.listen(app);
  const token = await guarded.issuer.token({
    audience: 'https://one.service/',
    claims: { scope: 'order:read' },
  });
  expect(await guarded.ask('/one/', { token })).toMatchObject({ status: 200 });
  expect(await guarded.ask('/two/', { token })).toMatchObject({ code: 'audience_mismatch' });
  expect(await guarded.ask('/two/.well-known/jwks.json')).toMatchObject({ status: 200 });
  expect(ran).toEqual(['GET /one/']);
});
