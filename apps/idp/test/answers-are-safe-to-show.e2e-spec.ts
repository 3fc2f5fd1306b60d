import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { Browser } from '@countersign/service-kit/browser';
import { authorizationUrl, REDIRECT, startTestIdp, type TestIdp } from './support/running-idp.js';

/** As browsers ask for a page. */
const ACCEPT = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

let idp: TestIdp;

beforeAll(async () => {
  idp = await startTestIdp();
});

afterAll(async () => {
  await idp.close();
});

/** An answer that a browser may show. */
interface Shown {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** Not with `fetch`, which makes another path of some of these. */
async function ask(path: string, method = 'GET', body = ''): Promise<Shown> {
  const { hostname, port } = new URL(idp.issuer);
  const headers = { accept: ACCEPT, 'content-type': 'application/x-www-form-urlencoded' };
  const [answer] = (await once(request({ hostname, port, path, method, headers }).end(body), 'response')) as [
    IncomingMessage,
  ];
  const pairs = Object.entries(answer.headers).map(
    ([name, value]) => [name, String(value)] as [string, string],
  );
  return { status: answer.statusCode ?? 0, headers: new Headers(pairs), body: await text(answer) };
}

async function shown(answer: Response): Promise<Shown> {
  return { status: answer.status, headers: answer.headers, body: await answer.text() };
}

function authorization(change: Readonly<Record<string, string>>): string {
  const { url } = authorizationUrl(idp.issuer, 'terminal', 'openid');
  for (const [name, value] of Object.entries(change)) url.searchParams.set(name, value);
  return url.pathname + url.search;
}

/** The login page of somebody, and the browser that is there. */
async function atLogin(): Promise<{ browser: Browser; url: URL; page: Response }> {
  const browser = new Browser();
  const { url, response } = await browser.follow(
    authorizationUrl(idp.issuer, 'terminal', 'openid').url,
    REDIRECT,
  );
  return { browser, url, page: response };
}

async function submit(form: Readonly<Record<string, string>>): Promise<Response> {
  const { browser, url } = await atLogin();
  return browser.go(url, { method: 'POST', body: new URLSearchParams(form) });
}

function expectSafe({ headers, body }: Shown): void {
  const policy = headers.get('content-security-policy') ?? '';
  for (const each of ["default-src 'none'", "script-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"])
    expect(policy).toContain(each);
  expect(policy).not.toContain('unsafe');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('referrer-policy')).toBe('no-referrer');
  expect(body).not.toMatch(/\sstyle=|\son\w+=/);
  for (const [, name, content] of body.matchAll(/<(style|script)>(.*)<\/\1>/gs)) {
    const hash = createHash('sha256').update(content!).digest('base64');
    const directive = policy.split(/; ?/).find((each) => each.startsWith(`${name!}-src `));
    expect(directive).toContain(`'sha256-${hash}'`);
  }
}

/** What the provider, its framework and our own pages answer with HTML: how to get it, and with which status. */
const PAGES: readonly [string, () => Promise<Shown>, number][] = [
  ['its own address', () => ask('/'), 200],
  ['the login', async () => shown((await atLogin()).page), 200],
  ['a wrong password', async () => shown(await submit({ user: '21', password: 'guessed' })), 401],
  ['a form that is too long', async () => shown(await submit({ user: 'x'.repeat(5_000) })), 413],
  ['a login that was not begun', () => ask('/interaction/nowhere'), 400],
  ['a form of such a login', () => ask('/interaction/nowhere', 'POST', 'user=21'), 400],
  ['a login that cannot go on', () => ask('/auth/nowhere'), 400],
  ['a request without a client', () => ask('/auth'), 400],
  ['a client that it does not have', () => ask(authorization({ client_id: '<script>' })), 400],
  ['another place to go', () => ask(authorization({ redirect_uri: 'https://evil.example' })), 400],
  ['a form that sends itself', () => ask(authorization({ response_mode: 'form_post', prompt: 'none' })), 400],
  ['the way to the login', () => ask(authorization({})), 303],
  ['the way back', () => ask(authorization({ prompt: 'none' })), 303],
  ['no token', () => ask('/token', 'POST', 'grant_type=x'), 400],
  ['nobody', () => ask('/me'), 401],
];

describe('A page of the provider loads nothing, is in no frame, and is not kept:', () => {
  it.each(PAGES)('%s', async (_what, page, status) => {
    const answer = await page();
    expect([answer.status, answer.headers.get('content-type')]).toEqual([status, 'text/html; charset=utf-8']);
    expectSafe(answer);
    expect(answer.headers.get('cache-control')).toContain('no-store');
  });

  it.each([
    '/nowhere',
    '//',
    '//[',
    '/%ff',
    '/%',
    '/jwks',
    '/health',
    '/session/end',
    '/development/rotate-keys',
  ])('and what else it answers would not either: %s', async (path) => {
    for (const method of ['GET', 'HEAD', 'PUT', 'OPTIONS']) expectSafe(await ask(path, method));
  });
});
