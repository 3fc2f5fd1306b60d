import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo } from 'node:net';
import axios from 'axios';
import { fastify } from 'fastify';
import { authenticated, countersign, scopes } from '@countersign/fastify';
import { Guarded, SERVICE } from './support/guarded.js';

const guarded = Guarded.use();
const { handler, ran } = guarded;
const USER = 'https://census.service/user/42/';
const READ = { config: { countersign: scopes('order:read') } };

it('takes a token from where the application finds it, and no other beside it', async () => {
  const app = await guarded.app({
    findToken: ({ headers }) => headers.cookie?.replace('token=', ''),
  });
  app.get('/order', READ, handler);
  await guarded.listen(app);
  const token = await guarded.token('order:read');
  const headers = { Cookie: `token=${token}` };
  expect(await guarded.ask('/order', { headers })).toMatchObject({ status: 200 });
  expect(await guarded.ask('/order', { headers, token })).toMatchObject({
    status: 400,
    code: 'request_malformed',
  });
  expect(await guarded.ask('/order', { headers: { Cookie: 'token=a.b.c' } })).toMatchObject({
    code: 'token_malformed',
  });
  expect(await guarded.ask('/order')).toMatchObject({ status: 401, code: 'token_missing' });
  expect(ran).toEqual(['GET /order']);
});

describe('an outgoing call', () => {
  const called: { readonly path: string | undefined; readonly subject: unknown }[] = [];
  const census = createServer((request, response) => {
    called.push({ path: request.url, subject: claimsOf(request)['sub'] });
    response.end('{}');
  });
  afterAll(() => {
    census.closeAllConnections();
    census.close();
  });

  it('carries a token for the user whose request is served, also behind the parser of its body', async () => {
    await new Promise<void>((resolve) => census.listen(0, '127.0.0.1', resolve));
    const origin = `http://127.0.0.1:${String((census.address() as AddressInfo).port)}/`;
    const app = await guarded.app({
      trust: [
        guarded.issuer.trustRecord({ scopes: ['order:write'], actsFor: ['https://census.service/user/'] }),
      ],
      destinations: [{ name: 'census', url: origin, onBehalfOf: 'user', authorize: 'mint', scopes: [] }],
    });
    const { destination, scope } = app.countersign;
    const client = app.countersign.axios(axios, { baseURL: origin });
    expect(() => destination('herald')).toThrow('destinations must declare "herald"; declared: census');
    app.post('/order', { config: { countersign: scopes('order:write') } }, async () => {
      await app.countersign.fetch(`${origin}by-url`);
      await destination('census').fetch('by-name');
      await client.get('by-axios');
      return { user: scope.principal?.subject };
    });
    await guarded.listen(app);
    const body = '{"a":1}';
    const bind = { method: 'POST', url: '/order', body };
    const token = await guarded.token('order:write', { sub: USER }, bind);
    const headers = { 'Content-Type': 'application/json' };
    const answer = await guarded.ask('/order', { method: 'POST', token, body, headers });
    expect(answer).toMatchObject({ status: 200, text: JSON.stringify({ user: USER }) });
    expect(called).toEqual(['/by-url', '/by-name', '/by-axios'].map((path) => ({ path, subject: USER })));
  });
});

it('publishes its keys and its metadata, with the scopes that routes require', async () => {
  const app = await guarded.app({ resourceMetadata: true });
  app.get('/order', READ, handler);
  await guarded.listen(app);
  const keys = await guarded.ask('/.well-known/jwks.json');
  expect(JSON.parse(keys.text)).toEqual(guarded.issuer.keyStore.publicKeys());
  expect(keys.headers.get('cache-control')).toBe('public, max-age=300');
  expect(keys.headers.get('content-type')).toBe('application/jwk-set+json');
  expect(await guarded.ask('/.well-known/jwks.json', { method: 'HEAD' })).toMatchObject({
    status: 200,
    text: '',
  });
  expect(await guarded.ask('/.well-known/jwks.json', { method: 'POST' })).toMatchObject({ status: 404 });
  const metadata = await guarded.ask('/.well-known/oauth-protected-resource');
  expect(JSON.parse(metadata.text)).toMatchObject({ resource: SERVICE, scopes_supported: ['order:read'] });
  const refused = await guarded.ask('/order');
  expect(refused.headers.get('www-authenticate')).toContain('resource_metadata="https://order.service/');
  expect(guarded.decisions).toHaveLength(1);
});

it('publishes no keys where it has none', async () => {
  const app = fastify();
  await app.register(countersign, { service: SERVICE, trust: [] });
  expect((await app.inject('/.well-known/jwks.json')).statusCode).toBe(404);
  await app.close();
});

it('loads the user of the application, whose roles count', async () => {
  const app = await guarded.app({
    trust: [guarded.issuer.trustRecord({ actsFor: ['https://census.service/user/'] })],
    subjects: {
      resolve: ({ subject }) =>
        Promise.resolve(subject === USER ? { user: { name: 'Ann' }, roles: ['clerk'] } : undefined),
    },
  });
  app.get('/me', { config: { countersign: authenticated('user') } }, ({ principal }) => ({
    user: principal?.user,
    roles: [...(principal?.roles ?? [])],
  }));
  await guarded.listen(app);
  const known = await guarded.ask('/me', { token: await guarded.token('', { sub: USER, roles: ['admin'] }) });
  expect(JSON.parse(known.text)).toEqual({ user: { name: 'Ann' }, roles: ['clerk'] });
  const sub = 'https://census.service/user/43/';
  expect(await guarded.ask('/me', { token: await guarded.token('', { sub }) })).toMatchObject({
    status: 403,
    code: 'subject_unknown',
  });
});

it('writes refusals to the log of the application, and no token', async () => {
  const lines: string[] = [];
  const app = fastify({
    logger: { level: 'warn', stream: { write: (line: string) => void lines.push(line) } },
  });
  const trust = [guarded.issuer.trustRecord()];
  await app.register(countersign, { service: SERVICE, trust, hydrate: false });
  app.get('/order', READ, handler);
  const token = await guarded.token('order:write');
  await app.inject({ url: '/order', headers: { Authorization: `Bearer ${token}` } });
  await app.close();
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 40, decision: 'refused', code: 'scope_missing' });
  expect(lines[0]).not.toContain(token);
  expect(ran).toEqual([]);
});

it('does not start with an option that does not exist, or one that is wrong', async () => {
  const register = async (options: object) => {
    const app = fastify();
    await app.register(countersign, { service: SERVICE, trust: [], ...options });
  };
  await expect(register({ maxBodyByte: 1 })).rejects.toThrow('maxBodyByte is not an option');
  await expect(register({ keys: 'keys/' })).rejects.toThrow('keys must say where our own keys are');
});

function claimsOf(request: IncomingMessage): Record<string, unknown> {
  const [, payload = ''] = (request.headers.authorization ?? '').split('.');
  return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
}
