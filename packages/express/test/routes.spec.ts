import { readFile } from 'node:fs/promises';
import { type Express, type RequestHandler } from 'express';
import { TestIssuer } from '@countersign/testing';
import { open, scopes } from '@countersign/express';
import {
  SERVICE,
  startApplication,
  VERSIONS,
  type Application,
  type ApplicationParts,
} from './support/application.js';

let issuer: TestIssuer;
let ran: string[];
let application: Application | undefined;

beforeAll(async () => {
  issuer = await TestIssuer.start({ issuer: 'https://gateway.service/' });
});
afterAll(() => issuer.close());
beforeEach(() => {
  ran = [];
});
afterEach(async () => {
  await application?.close();
  application = undefined;
});

/** A handler that says that it ran. */
const handler: RequestHandler = (request, response) => {
  ran.push(request.originalUrl);
  response.json({ caller: request.principal?.caller.name ?? null });
};

const tokenWith = (scope: string, claims: Readonly<Record<string, unknown>> = {}) =>
  issuer.token({ audience: SERVICE, claims: { scope, ...claims } });

interface Asked {
  readonly token?: string;
  readonly method?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

async function ask(path: string, { token, method = 'GET', body, headers = {} }: Asked = {}) {
  const answer = await fetch(`${application?.origin ?? ''}${path}`, {
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

describe.each(VERSIONS)('a route over $name', ({ express }) => {
  const start = async (build: ApplicationParts['build'], options: ApplicationParts['options'] = {}) => {
    application = await startApplication({ app: express(), issuer, build, options });
  };
  /** An application whose routes are between our middleware and our error handler. */
  const guarded = (routes: (app: Express) => void) =>
    start((app, countersign) => {
      app.use(countersign);
      routes(app);
      app.use(countersign.faults());
    });

  it('lets in a token with its scope, and refuses one without it and no token at all', async () => {
    await guarded((app) => {
      app.get('/order', scopes('order:read'), handler);
    });
    expect(await ask('/order', { token: await tokenWith('order:read') })).toMatchObject({ status: 200 });
    expect(ran).toEqual(['/order']);
    expect(await ask('/order', { token: await tokenWith('order:write') })).toMatchObject({
      status: 403,
      code: 'scope_missing',
    });
    const bare = await ask('/order');
    expect(bare).toMatchObject({ status: 401, code: 'token_missing' });
    expect(bare.headers.get('www-authenticate')).toBe(`Bearer realm="${SERVICE}"`);
    expect(ran).toEqual(['/order']);
  });

  it('that states nothing is refused and never runs, whoever calls, and is named when the application starts', async () => {
    await guarded((app) => {
      app.get('/order', handler);
      app.get('/other', scopes('order:read'), handler);
    });
    expect(await ask('/order', { token: await tokenWith('order:read') })).toMatchObject({
      status: 403,
      code: 'policy_missing',
    });
    expect(await ask('/order')).toMatchObject({ status: 401, code: 'token_missing' });
    expect(ran).toEqual([]);
    expect(application?.log).toEqual([expect.stringMatching(/^nothing says who may call GET \/order: /)]);
  });

  it('adds up what its routers and itself state', async () => {
    await guarded((app) => {
      const router = express.Router();
      router.use(scopes('order:read'));
      router.get('/read', handler);
      router.get('/admin', scopes('admin'), handler);
      app.use('/order', router);
    });
    expect(await ask('/order/read', { token: await tokenWith('order:read') })).toMatchObject({ status: 200 });
    expect(await ask('/order/admin', { token: await tokenWith('order:read admin') })).toMatchObject({
      status: 200,
    });
    expect(await ask('/order/admin', { token: await tokenWith('order:read') })).toMatchObject({
      code: 'scope_missing',
    });
    expect(await ask('/order/admin', { token: await tokenWith('admin') })).toMatchObject({
      code: 'scope_missing',
    });
    expect(ran).toEqual(['/order/read', '/order/admin']);
  });

  it('is not opened by what another router states that the request has left', async () => {
    await guarded((app) => {
      const first = express.Router();
      first.use(open());
      first.get('/about', handler);
      app.use(first);
      const second = express.Router();
      second.get('/order', handler);
      app.use(second);
    });
    expect(await ask('/about')).toMatchObject({ status: 200 });
    expect(await ask('/order')).toMatchObject({ status: 401, code: 'token_missing' });
    expect(ran).toEqual(['/about']);
  });

  it('refuses a replayed write', async () => {
    await guarded((app) => {
      app.post('/order', scopes('order:write'), express.json(), (request, response) => {
        ran.push('write');
        response.json(request.body);
      });
    });
    const body = '{"a":1}';
    const token = await issuer.token({
      audience: SERVICE,
      claims: { scope: 'order:write' },
      bind: { method: 'POST', url: '/order', body },
    });
    const sent = { method: 'POST', token, body, headers: { 'Content-Type': 'application/json' } };
    expect(await ask('/order', sent)).toMatchObject({ status: 200, text: body });
    expect(await ask('/order', sent)).toMatchObject({ status: 401, code: 'token_replayed' });
    expect(ran).toEqual(['write']);
  });

  it('does not let out what middleware without a statement answers', async () => {
    await guarded((app) => {
      app.use('/open', open(), express.static(import.meta.dirname));
      app.use(express.static(import.meta.dirname));
    });
    const file = await readFile(new URL('routes.spec.ts', import.meta.url), 'utf8');
    expect(await ask('/open/routes.spec.ts')).toMatchObject({ status: 200, text: file });
    const refused = await ask('/routes.spec.ts');
    expect(refused).toMatchObject({ status: 403, code: 'policy_missing' });
    expect(refused.text).not.toContain('import');
    expect(await ask('/none')).toMatchObject({ status: 404 });
  });
});
