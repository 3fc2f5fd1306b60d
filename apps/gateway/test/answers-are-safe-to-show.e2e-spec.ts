import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { type Edge, startEdge } from './support/edge.js';

const NOWHERE = { heraldUrl: 'http://127.0.0.1:1/', censusUrl: 'http://127.0.0.1:2/', startsProvider: false };

let edge: Edge;

beforeAll(async () => {
  edge = await startEdge(NOWHERE);
});

afterAll(async () => {
  await edge.close();
});

/** As a browser asks for a page, and not with `fetch`, which makes another path of some of these. */
async function ask(path: string, method: string): Promise<IncomingMessage> {
  const { hostname, port } = new URL(edge.url);
  const headers = { accept: 'text/html,*/*;q=0.8', 'content-type': 'application/json' };
  const asked = request({ hostname, port, path, method, headers }).end(method === 'POST' ? '{"' : undefined);
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  answer.destroy();
  return answer;
}

describe('A page of the gateway loads nothing from elsewhere, is in no frame, and cannot be taken for another type:', () => {
  it.each([
    ['/', 200, 'no-cache'],
    ['//', 200, 'no-cache'],
    ['/login', 503, 'no-store'],
    ['/login?return=//evil.example', 400, 'no-store'],
    ['/callback', 400, 'no-store'],
    ['/callback?error=access_denied', 400, 'no-store'],
  ])('%s', async (path, status, cache) => {
    const answer = await ask(path, 'GET');
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([status, 'text/html; charset=utf-8']);
    expect(answer.headers['content-security-policy']).toMatch(/default-src '(none|self)'/);
    expectSafe(answer);
    expect(answer.headers['cache-control']).toBe(cache);
  });

  it.each([
    '/nowhere',
    '/%ff',
    '/%',
    '/page/%ff',
    '/page/nowhere',
    '/page/page.js',
    '/api/me',
    '/api/%',
    '/api/notification',
    '/logout',
    '/health',
    '/development/page',
    '/development/attempts/%',
    '/.well-known/jwks.json',
  ])('and what else it answers would not either: %s', async (path) => {
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'OPTIONS']) {
      const answer = await ask(path, method);
      expectSafe(answer);
      expect(answer.headers['content-type'] ?? '').not.toContain('html');
    }
  });
});

function expectSafe({ headers }: IncomingMessage): void {
  const policy = headers['content-security-policy'];
  expect(policy).toContain("base-uri 'none'");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toContain('unsafe');
  expect(headers['x-content-type-options']).toBe('nosniff');
  expect(headers['referrer-policy']).toMatch(/^(no-referrer|same-origin)$/);
}
