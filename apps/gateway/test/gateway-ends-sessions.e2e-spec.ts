import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Browser } from '@countersign/service-kit/browser';
import { MAX_ENDED_OF_ONE_USER } from '../src/session/ended-sessions.js';
import { type Edge, startEdge } from './support/edge.js';
import { type Upstream } from './support/upstream.js';
import { useEdge } from './support/use-edge.js';

let edge: Edge;
let upstream: Upstream;

useEdge((started) => {
  ({ edge, upstream } = started);
});

const sessionOf = (browser: Browser) => browser.cookies.get('gateway-session');

/** A browser with what somebody had in another one. */
function withCookies(cookies: Readonly<Record<string, string | undefined>>): Browser {
  const browser = new Browser();
  for (const [name, value] of Object.entries(cookies)) browser.setCookie(name, value!);
  return browser;
}

async function statusOf(browser: Browser): Promise<number> {
  return (await browser.go(`${edge.url}/api/me`)).status;
}

function logOut(browser: Browser): Promise<Response> {
  return browser.go(`${edge.url}/logout`, { method: 'POST', headers: { Origin: edge.url } });
}

async function expectOver(session: string | undefined): Promise<void> {
  upstream.received.length = 0;
  const thief = withCookies({ 'gateway-session': session });
  const answer = await thief.go(`${edge.url}/api/me`);
  expect([answer.status, await answer.json()]).toEqual([
    401,
    expect.objectContaining({ code: 'token_missing' }),
  ]);
  expect(answer.headers.getSetCookie()).toEqual([expect.stringContaining('gateway-session=; Max-Age=0')]);
  expect(upstream.received).toEqual([]);
  const page = await withCookies({ 'gateway-session': session }).go(`${edge.url}/development/page`);
  expect(await page.json()).toMatchObject({ hasSession: false });
}

describe('A session that was ended by a logout', () => {
  it('is over for every copy of its cookie, before that one ends', async () => {
    const browser = await edge.logIn('21');
    const session = sessionOf(browser);
    expect(await statusOf(withCookies({ 'gateway-session': session }))).toBe(200);
    expect((await logOut(browser)).status).toBe(303);
    await expectOver(session);
  });

  it('is over after a restart, too', async () => {
    const [ended, other] = [await edge.logIn('21'), await edge.logIn('42')];
    const session = sessionOf(ended);
    await logOut(ended);
    await edge.restart();
    await expectOver(session);
    expect(await statusOf(other)).toBe(200);
  });

  it('takes no other session with it, of the same user or another', async () => {
    const browsers = [await edge.logIn('21'), await edge.logIn('21'), await edge.logIn('42')] as const;
    await logOut(browsers[0]);
    expect([await statusOf(browsers[1]), await statusOf(browsers[2])]).toEqual([200, 200]);
  });

  it('is followed by another one at the next login, and stays ended', async () => {
    const browser = await edge.logIn('21');
    const first = sessionOf(browser);
    await logOut(browser);
    await browser.go(await browser.logIn(`${edge.url}/login`, '21', `${edge.url}/callback`));
    expect(await statusOf(browser)).toBe(200);
    await expectOver(first);
  });

  it('stays ended when the cookie of its login was kept, and is used with another code', async () => {
    const browser = new Browser();
    const start = await browser.go(`${edge.url}/login`);
    const asked = start.headers.get('location')!;
    const login = browser.cookies.get('gateway-login');
    await browser.go(await browser.logIn(asked, '21', `${edge.url}/callback`));
    expect(await statusOf(browser)).toBe(200);
    await logOut(browser);
    const thief = withCookies({ 'gateway-login': login });
    // The same request of the provider once more: its answer fits the cookie.
    await thief.go(await thief.logIn(asked, '21', `${edge.url}/callback`));
    expect(await statusOf(thief)).toBe(401);
  });

  it('is not ended by a stranger: without a good cookie there is nothing to end', async () => {
    const browser = await edge.logIn('21');
    const session = sessionOf(browser)!;
    const changed = `${session.slice(0, -1)}${session.endsWith('A') ? 'B' : 'A'}`;
    await logOut(withCookies({ 'gateway-session': changed }));
    await logOut(new Browser());
    expect(await statusOf(browser)).toBe(200);
  });

  it('is forgotten by the browser, and the person told, when it cannot be written down', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gateway-'));
    const { origin } = upstream;
    const urls = { heraldUrl: `${origin}/herald/`, censusUrl: `${origin}/census/` };
    const broken = await startEdge({ ...urls, environment: { DATA_DIR: folder } });
    try {
      const browser = await broken.logIn('21');
      mkdirSync(join(folder, 'ended-sessions.json'));
      const headers = { Origin: broken.url };
      const answer = await browser.go(`${broken.url}/logout`, { method: 'POST', headers });
      expect(answer.status).toBe(500);
      expect(sessionOf(browser)).toBeUndefined();
    } finally {
      await broken.close();
      rmSync(folder, { recursive: true });
    }
  });
});

describe('A login', () => {
  it('begins a session each time, also when it comes after more than are remembered one by one', async () => {
    const browser = await edge.logIn('7');
    const elsewhere = await edge.logIn('7');
    for (let count = 0; count <= MAX_ENDED_OF_ONE_USER; count++) {
      await browser.go(await browser.logIn(`${edge.url}/login`, '7', `${edge.url}/callback`));
      expect(await statusOf(browser)).toBe(200);
    }
    expect(await statusOf(elsewhere)).toBe(401);
  });

  it('ends the session that the browser had before', async () => {
    const browser = await edge.logIn('21');
    const first = sessionOf(browser);
    await browser.go(await browser.logIn(`${edge.url}/login`, '42', `${edge.url}/callback`));
    expect(await (await browser.go(`${edge.url}/api/me`)).json()).toMatchObject({
      uri: 'https://census.service/user/42/',
    });
    await expectOver(first);
  });
});
