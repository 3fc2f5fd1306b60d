import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { holdPort, startProxy, type TestProxy } from '@countersign/service-kit/testing';
import { readConfig } from '../src/config.js';
import { type Edge, startEdge } from './support/edge.js';
import { type Services, startServices } from './support/services.js';

type Headers = Readonly<Record<string, string>>;

/** Processes start, and everybody may share one slow core. */
const START_MS = 180_000;

let services: Services;
let edge: Edge;
/** The gateway's own development routes, and those of the services behind it: method, whole URL. */
let endpoints: readonly (readonly [method: string, url: string])[];

beforeAll(async () => {
  const gatewayPort = await holdPort();
  services = await startServices(gatewayPort.port);
  edge = await startEdge({ ...services, gatewayPort });
  const ofGateway = edge.routes
    .filter(({ path }) => /^\/($|page\/|development\/)/.test(path))
    .map(({ method, path }) => [method, `${edge.url}${named(path)}`] as const);
  const { censusUrl, heraldUrl } = services;
  const ofOthers = [`${censusUrl}development/trust`, `${heraldUrl}development/trust`];
  endpoints = [
    ...ofGateway,
    ...[...ofOthers, `${heraldUrl}development/mails`].map((url) => ['GET', url] as const),
  ];
}, START_MS);

afterAll(async () => {
  await edge.close();
  await services.close();
});

function named(path: string): string {
  return path.replace(':name', path.startsWith('/page/') ? 'page.js' : 'wrong-user');
}

async function statusOf(method: string, url: string, headers: Headers = {}): Promise<number | undefined> {
  const [answer] = (await once(request(url, { method, headers }).end(), 'response')) as [IncomingMessage];
  answer.destroy();
  return answer.statusCode;
}

/** The endpoints that answer something else than that they are not there. */
async function endpointsFor(
  headers: Headers,
  through: (url: string) => string = (url) => url,
): Promise<readonly string[]> {
  const there = [];
  for (const [method, url] of endpoints)
    if ((await statusOf(method, through(url), headers)) !== 404) there.push(`${method} ${url}`);
  return there;
}

describe('What is for development', () => {
  it('is there for a program of this machine', async () => {
    expect(endpoints.length).toBeGreaterThan(10);
    expect(await endpointsFor({})).toHaveLength(endpoints.length);
  });

  it.each([
    ['names itself in Via', { Via: '1.1 proxy' }],
    ['says for whom it asks', { 'X-Forwarded-For': '203.0.113.7', 'X-Forwarded-Host': 'edge.example' }],
    ['says whom it let in, which the gateway itself does not read', { 'X-Forwarded-User': 'ada' }],
  ])('is not there behind a proxy of the same machine that %s', async (_what, said) => {
    const proxies = new Map<string, TestProxy>();
    for (const [, url] of endpoints) {
      const { origin } = new URL(url);
      if (!proxies.has(origin)) proxies.set(origin, await startProxy(origin, said));
    }
    const through = (url: string) => url.replace(/^http:\/\/[^/]+/, (origin) => proxies.get(origin)!.url);
    try {
      expect(await endpointsFor({}, through)).toEqual([]);
      expect(await statusOf('GET', through(`${edge.url}/health`))).toBe(200);
    } finally {
      for (const proxy of proxies.values()) await proxy.close();
    }
  });

  it.each<[string, Headers]>([
    ['loads something', { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'no-cors' }],
    ['of the same machine loads something', { 'Sec-Fetch-Site': 'same-site', 'Sec-Fetch-Mode': 'no-cors' }],
    ['asks with its origin', { Origin: 'https://evil.example' }],
    ['hides its origin', { Origin: 'null' }],
    ['opens a WebSocket', { Origin: 'https://evil.example', Connection: 'Upgrade', Upgrade: 'websocket' }],
  ])("is not there for another site's page that %s", async (_what, headers) => {
    expect(await endpointsFor(headers)).toEqual([]);
  });

  it('is not there for such a page either when it may call with a token of its own', async () => {
    const environment = { CORS_ORIGINS: 'https://shop.example' };
    const open = await startEdge({ ...services, environment, startsProvider: false });
    try {
      const asked = { Origin: 'https://shop.example' };
      expect(await statusOf('GET', `${open.url}/development/decisions`)).toBe(200);
      expect(await statusOf('GET', `${open.url}/development/decisions`, asked)).toBe(404);
      expect(await statusOf('GET', `${open.url}/api/me`, asked)).toBe(401);
    } finally {
      await open.close();
    }
  });

  it('shows the page alone to whoever comes by a link or from a login', async () => {
    const visit = {
      'Sec-Fetch-Site': 'cross-site',
      'Sec-Fetch-Mode': 'navigate',
      'Sec-Fetch-Dest': 'document',
    };
    expect(await endpointsFor(visit)).toEqual([`GET ${edge.url}/`]);
  });

  it('cannot be asked for where browsers find the gateway by another name, which takes a proxy', () => {
    const settings = { DEVELOPMENT_PAGE: 'on', PUBLIC_URL: 'https://edge.example/' };
    expect(readConfig({ ...settings, PUBLIC_URL: 'http://localhost:4000/' }).hasDevelopmentPage).toBe(true);
    expect(readConfig({ ...settings, DEVELOPMENT_PAGE: 'off' }).hasDevelopmentPage).toBe(false);
    expect(() => readConfig(settings)).toThrow(/^DEVELOPMENT_PAGE: /);
  });
});
