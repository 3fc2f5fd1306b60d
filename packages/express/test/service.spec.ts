import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo } from 'node:net';
import axios from 'axios';
import { authenticated, createCountersign, open, scopes, useToken } from '@countersign/express';
import { SERVICE, VERSIONS } from './support/application.js';
import { Guarded } from './support/guarded.js';

const guarded = Guarded.use();
const { handler, ran } = guarded;
const USER = 'https://census.service/user/42/';

describe.each(VERSIONS)('over $name', ({ express }) => {
  describe('an outgoing call', () => {
    let called: { readonly path: string | undefined; readonly subject: unknown }[];
    let census: ReturnType<typeof createServer>;
    let origin: string;

    beforeEach(async () => {
      called = [];
      census = createServer((request, response) => {
        called.push({ path: request.url, subject: claimsOf(request)['sub'] });
        response.end('{}');
      });
      await new Promise<void>((resolve) => census.listen(0, '127.0.0.1', resolve));
      origin = `http://127.0.0.1:${String((census.address() as AddressInfo).port)}/`;
    });
    afterEach(() => {
      census.closeAllConnections();
      census.close();
    });

    const start = () =>
      guarded.around(
        express(),
        (app, countersign) => {
          const client = countersign.axios(axios, { baseURL: origin });
          app.post('/order', scopes('order:write'), express.json(), async (_request, response) => {
            await countersign.fetch(`${origin}by-url`);
            await countersign.destination('census').fetch('by-name');
            await client.get('by-axios');
            response.json({ user: countersign.scope.principal?.subject });
          });
          expect(() => countersign.destination('herald')).toThrow(
            'destinations must declare "herald"; declared: census',
          );
        },
        {
          trust: [
            guarded.issuer.trustRecord({
              scopes: ['order:write'],
              actsFor: ['https://census.service/user/'],
            }),
          ],
          destinations: [{ name: 'census', url: origin, onBehalfOf: 'user', authorize: 'mint', scopes: [] }],
        },
      );

    it('carries a token for the user whose request is served, also behind a body parser', async () => {
      await start();
      const body = '{"a":1}';
      const token = await guarded.token(
        'order:write',
        { sub: USER },
        { method: 'POST', url: '/order', body },
      );
      const headers = { 'Content-Type': 'application/json' };
      const answer = await guarded.ask('/order', { method: 'POST', token, body, headers });
      expect(answer).toMatchObject({ status: 200, text: JSON.stringify({ user: USER }) });
      expect(called).toEqual(['/by-url', '/by-name', '/by-axios'].map((path) => ({ path, subject: USER })));
    });
  });

  it('publishes its keys and its metadata, with the scopes that routes require', async () => {
    await guarded.around(express(), (app) => app.get('/order', scopes('order:read'), handler), {
      resourceMetadata: true,
    });
    const keys = await guarded.ask('/.well-known/jwks.json');
    expect(JSON.parse(keys.text)).toEqual(guarded.issuer.keyStore.publicKeys());
    expect(keys.headers.get('cache-control')).toBe('public, max-age=300');
    const metadata = await guarded.ask('/.well-known/oauth-protected-resource');
    expect(JSON.parse(metadata.text)).toMatchObject({ resource: SERVICE, scopes_supported: ['order:read'] });
    const refused = await guarded.ask('/order');
    expect(refused.headers.get('www-authenticate')).toContain('resource_metadata="https://order.service/');
    expect(guarded.application?.decisions).toHaveLength(1);
  });

  it('loads the user of the application, whose roles count', async () => {
    await guarded.around(
      express(),
      (app) =>
        app.get('/me', authenticated('user'), (request, response) => {
          response.json({ user: request.principal?.user, roles: [...(request.principal?.roles ?? [])] });
        }),
      {
        trust: [guarded.issuer.trustRecord({ actsFor: ['https://census.service/user/'] })],
        subjects: {
          resolve: ({ subject }) =>
            Promise.resolve(subject === USER ? { user: { name: 'Ann' }, roles: ['clerk'] } : undefined),
        },
      },
    );
    const known = await guarded.ask('/me', {
      token: await guarded.token('', { sub: USER, roles: ['admin'] }),
    });
    expect(JSON.parse(known.text)).toEqual({ user: { name: 'Ann' }, roles: ['clerk'] });
    const unknown = await guarded.ask('/me', {
      token: await guarded.token('', { sub: 'https://census.service/user/43/' }),
    });
    expect(unknown).toMatchObject({ status: 403, code: 'subject_unknown' });
  });

  it('guards a part of an application that is an application of its own', async () => {
    await guarded.start(express(), (app, countersign) => {
      const api = express();
      api.use(countersign);
      api.get('/order', scopes('order:read'), handler);
      api.get('/unstated', handler);
      app.use('/api', api);
      app.get('/page', (_request, response) => void response.send('page'));
      app.use(countersign.faults());
    });
    const token = await guarded.token('order:read');
    expect(await guarded.ask('/page')).toMatchObject({ status: 200, text: 'page' });
    expect(await guarded.ask('/api/order', { token })).toMatchObject({ status: 200 });
    expect(await guarded.ask('/api/order')).toMatchObject({ status: 401, code: 'token_missing' });
    expect(await guarded.ask('/api/unstated', { token })).toMatchObject({
      status: 403,
      code: 'policy_missing',
    });
    expect(await guarded.ask('/api/none')).toMatchObject({ status: 404 });
    expect(ran).toEqual(['GET /api/order']);
  });

  it('judges each application by its own instance', async () => {
    const other = await createCountersign({
      service: 'https://other.service/',
      trust: [],
      logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
    });
    await guarded.around(express(), (app) => {
      const inner = express();
      inner.use(other);
      inner.get('/order', scopes('order:read'), handler);
      inner.get('/unstated', handler);
      app.use('/inner', authenticated(), inner);
      app.get('/order', scopes('order:read'), handler);
    });
    const token = await guarded.token('order:read');
    expect(await guarded.ask('/order', { token })).toMatchObject({ status: 200 });
    expect(await guarded.ask('/inner/order', { token })).toMatchObject({
      status: 401,
      code: 'issuer_untrusted',
    });
    expect(await guarded.ask('/inner/unstated', { token })).toMatchObject({
      status: 401,
      code: 'issuer_untrusted',
    });
    expect(ran).toEqual(['GET /order']);
  });

  it('takes a token from where middleware says', async () => {
    await guarded.around(express(), (app) => {
      app.use((request, _response, next) => {
        const token = request.headers.cookie?.replace('token=', '');
        if (token !== undefined) useToken(request, token);
        next();
      });
      app.get('/order', scopes('order:read'), handler);
    });
    const headers = { Cookie: `token=${await guarded.token('order:read')}` };
    expect(await guarded.ask('/order', { headers })).toMatchObject({ status: 200 });
    expect(await guarded.ask('/order', { headers: { Cookie: 'token=a.b.c' } })).toMatchObject({
      status: 401,
    });
    expect(ran).toEqual(['GET /order']);
  });

  it('describes its routes', async () => {
    const application = await guarded.around(express(), (app) => {
      app.get('/about', open(), handler);
      const router = express.Router();
      router.use(authenticated('user'));
      router.post('/order', scopes.any('order:write', 'admin'), handler);
      app.use(router);
      app.all('/all', handler);
    });
    expect(application.countersign.routes()).toEqual([
      { method: 'GET', path: '/about', access: 'public', requirements: [], policies: [] },
      {
        method: 'POST',
        path: '/order',
        access: 'guarded',
        requirements: [
          { kind: 'subject', is: 'user' },
          { kind: 'scope', anyOf: ['order:write', 'admin'] },
        ],
        policies: [],
      },
      { method: 'ALL', path: '/all', access: 'unstated', requirements: [], policies: [] },
    ]);
  });
});

it('does not start with an option that does not exist, or one that is wrong', async () => {
  const make = (options: object) => createCountersign({ service: SERVICE, trust: [], ...options });
  await expect(make({ maxBodyByte: 1 })).rejects.toThrow('maxBodyByte is not an option');
  await expect(make({ hydrate: 'later' })).rejects.toThrow('hydrate must be an object');
  await expect(make({ keys: 'keys/' })).rejects.toThrow('keys must say where our own keys are');
});

it.each(VERSIONS)('serves nothing over $name where it was not given to app.use()', async ({ express }) => {
  await guarded.start(express(), (app, countersign) => {
    app.use(express.Router().use(countersign));
    app.get('/order', scopes('order:read'), handler);
  });
  const { error } = console;
  console.error = () => undefined;
  expect(await guarded.ask('/order', { token: await guarded.token('order:read') })).toMatchObject({
    status: 500,
  });
  console.error = error;
  expect(ran).toEqual([]);
});

function claimsOf(request: IncomingMessage): Record<string, unknown> {
  const [, payload = ''] = (request.headers.authorization ?? '').split('.');
  return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
}
