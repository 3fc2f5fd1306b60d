import { TestIssuer } from '@countersign/testing';
import { SERVICE } from './support/guarded.js';
import { readExample, runExample, shortened, type RunningExample } from './support/readme-example.js';

/** What the example's routes are, and what they answer to a good token. */
const ROUTES = [
  { method: 'GET', path: '/order', status: 200 },
  { method: 'POST', path: '/order', status: 201 },
  { method: 'GET', path: '/about', status: 200 },
] as const;
type Route = (typeof ROUTES)[number];

const BODY = '{"item":1}';
const whole = readExample();

let herald: TestIssuer;
let stranger: TestIssuer;
let running: RunningExample;

beforeAll(async () => {
  herald = await TestIssuer.start({ issuer: 'https://herald.service/' });
  stranger = await TestIssuer.start({ issuer: 'https://herald.service/' });
});
afterAll(() => Promise.all([herald.close(), stranger.close()]));
afterEach(() => running.close());

interface Given {
  readonly issuer?: TestIssuer;
  readonly audience?: string;
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** A token that the route accepts, unless one thing about it is changed. */
function tokenFor({ method, path }: Route, { issuer = herald, audience = SERVICE, claims }: Given = {}) {
  return issuer.token({
    audience,
    claims: { sub: 'https://census.service/user/21/', scope: 'order:read order:write', ...claims },
    bind: { method, url: path, ...(method === 'POST' && { body: BODY }) },
  });
}

async function ask({ method, path }: Route, token?: string): Promise<number> {
  const answer = await fetch(`${running.origin ?? ''}${path}`, {
    method,
    headers: {
      'Content-Type': 'application/json',
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
    },
    ...(method === 'POST' && { body: BODY }),
  });
  await answer.text();
  return answer.status;
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

it('answers good tokens, and refuses a replayed write', async () => {
  running = await runExample(whole, herald);
  for (const route of ROUTES) {
    const token = await tokenFor(route);
    expect(await ask(route, token)).toBe(route.status);
    expect(await ask(route, token)).toBe(route.method === 'POST' ? 401 : route.status);
  }
  expect(running.ran).toEqual(['GET /order', 'GET /order', 'POST /order', 'GET /about', 'GET /about']);
});

it.each(shortened(whole))('runs no handler without a good token, with $without left out', async (example) => {
  running = await runExample(example, herald);
  // A route that states nothing keeps it from starting.
  const doesNotStart = /^(config|countersign):/.test(example.without) || !example.code.includes('app.listen');
  expect(running.origin === undefined).toBe(doesNotStart);
  if (running.origin === undefined) return;
  const isOpen = example.code.includes('countersign: open()');
  for (const route of ROUTES) {
    if (route.path === '/about' && isOpen) continue;
    for (const token of await badTokens(route)) expect(await ask(route, token)).toBeGreaterThanOrEqual(400);
  }
  expect(running.ran).toEqual([]);
});

it('leaves out each call, each await, and each requirement', () => {
  expect(shortened(whole)).toHaveLength(16);
});

it('runs no handler that nobody guards, even with a good token, where the plugin is not registered', async () => {
  const example = shortened(whole).find(({ without }) => without.startsWith('await app.register('));
  running = await runExample(example!, herald);
  for (const route of ROUTES) expect(await ask(route, await tokenFor(route))).toBe(500);
  expect(running.ran).toEqual([]);
});
