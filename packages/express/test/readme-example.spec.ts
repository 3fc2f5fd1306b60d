import { TestIssuer } from '@countersign/testing';
import { SERVICE, VERSIONS } from './support/application.js';
import {
  readExample,
  runExample,
  shortened,
  type Example,
  type RunningExample,
} from './support/readme-example.js';

/** What the example's routes are, and what they answer to a good token. */
const ROUTES = [
  { method: 'GET', path: '/order', status: 200, handler: 'get /order' },
  { method: 'POST', path: '/order', status: 201, handler: 'post /order' },
  { method: 'GET', path: '/about', status: 200, handler: 'get /about' },
] as const;
type Route = (typeof ROUTES)[number];

const BODY = '{"item":1}';
const whole = readExample();

let herald: TestIssuer;
let stranger: TestIssuer;
let running: RunningExample;
/** Where a refusal is written that no instance of Countersign sees. */
const { error: writeError } = console;

beforeAll(async () => {
  herald = await TestIssuer.start({ issuer: 'https://herald.service/' });
  stranger = await TestIssuer.start({ issuer: 'https://herald.service/' });
});
afterAll(() => Promise.all([herald.close(), stranger.close()]));
beforeEach(() => {
  console.error = () => undefined;
});
afterEach(async () => {
  console.error = writeError;
  await running.close();
});

interface Given {
  readonly issuer?: TestIssuer;
  readonly audience?: string;
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** A token that the route accepts, unless one thing about it is changed. */
async function tokenFor(
  { method, path }: Route,
  { issuer = herald, audience = SERVICE, claims }: Given = {},
) {
  return issuer.token({
    audience,
    claims: { sub: 'https://census.service/user/21/', scope: 'order:read order:write', ...claims },
    bind: { method, url: path, ...(method === 'POST' && { body: BODY }) },
  });
}

async function ask({ method, path }: Route, token?: string) {
  const answer = await fetch(`${running.origin ?? ''}${path}`, {
    method,
    headers: {
      'Content-Type': 'application/json',
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
    },
    ...(method === 'POST' && { body: BODY }),
  });
  return { status: answer.status, text: await answer.text() };
}

async function badTokens(route: Route): Promise<readonly (string | undefined)[]> {
  return [
    undefined,
    await tokenFor(route, { issuer: stranger }),
    await tokenFor(route, { audience: 'https://census.service/' }),
    await tokenFor(route, { claims: { exp: 1 } }),
    await tokenFor(route, { claims: { sub: 'https://login.example/21/' } }),
  ];
}

describe.each(VERSIONS)('the example of the README over $name', ({ express }) => {
  const start = async (example: Example) => {
    running = await runExample(example, { express, issuer: herald });
  };

  it('answers good tokens, and refuses a replayed write', async () => {
    await start(whole);
    for (const route of ROUTES) {
      const token = await tokenFor(route);
      expect(await ask(route, token)).toMatchObject({ status: route.status });
      const again = route.method === 'POST' ? 401 : route.status;
      expect(await ask(route, token)).toMatchObject({ status: again });
    }
    expect(running.ran.filter((handler) => handler === 'post /order')).toHaveLength(1);
  });

  it.each([whole, ...shortened(whole)])(
    'runs no handler without a good token, with $without left out',
    async (example) => {
      await start(example);
      const doesNotStart = /in app\.use\(|app\.listen\(/.test(example.without);
      expect(running.origin === undefined).toBe(doesNotStart);
      if (doesNotStart) return;
      const isOpen = example.code.includes('open(), (request');
      for (const route of ROUTES) {
        if (route.path === '/about' && isOpen) continue;
        for (const token of await badTokens(route))
          expect((await ask(route, token)).status).toBeGreaterThanOrEqual(400);
      }
      expect(running.ran).toEqual([]);
    },
  );

  it.each([
    ["scopes('order:read') in app.get('/order')", 'get /order'],
    ["open() in app.get('/about')", 'get /about'],
    ['app.use(countersign)', undefined],
  ])(
    'runs no handler that nobody guards, even with a good token, with %s left out',
    async (without, handler) => {
      const example = shortened(whole).find((each) => each.without === without);
      await start(example!);
      for (const route of ROUTES) await ask(route, await tokenFor(route));
      const others = ROUTES.filter((route) => handler !== undefined && route.handler !== handler);
      expect(running.ran).toEqual(others.map((route) => route.handler));
    },
  );
});
