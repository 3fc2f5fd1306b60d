import { Browser } from '@countersign/service-kit/browser';
import { type Edge, NOTIFICATION, startEdge } from './support/edge.js';
import { startFront } from './support/front.js';
import { type Upstream } from './support/upstream.js';
import { problemOf, useEdge } from './support/use-edge.js';

let edge: Edge;
let upstream: Upstream;

useEdge((started) => {
  ({ edge, upstream } = started);
});

/** Somebody who has logged in at the provider, and is about to come back. */
async function comingBack(user = '21'): Promise<{ browser: Browser; back: URL }> {
  const browser = new Browser();
  return { browser, back: await browser.logIn(`${edge.url}/login`, user, `${edge.url}/callback`) };
}

function write(browser: Browser, headers: Readonly<Record<string, string>>): Promise<Response> {
  return browser.go(`${edge.url}/api/notification`, {
    method: 'POST',
    body: NOTIFICATION,
    headers: { 'Content-Type': 'application/json', ...headers },
  });
}

const ofThePage = () => ({ Origin: edge.url, 'X-Gateway-Page': '1', 'Sec-Fetch-Site': 'same-origin' });

async function expectNobody(browser: Browser): Promise<void> {
  expect(browser.cookies.get('gateway-session')).toBeUndefined();
  expect(await problemOf(await browser.go(`${edge.url}/api/me`))).toMatchObject({ code: 'token_missing' });
  expect(upstream.received).toEqual([]);
}

describe('Logging in with a browser', () => {
  it('leads through the provider and back to where it began, and ends by logging out', async () => {
    const browser = new Browser();
    const back = await browser.logIn(`${edge.url}/login?return=/api/me?x=1`, '21', `${edge.url}/callback`);
    const answer = await browser.go(back);
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/api/me?x=1']);
    expect(await (await browser.go(`${edge.url}/api/me`)).json()).toMatchObject({
      uri: 'https://census.service/user/21/',
    });
    expect((await write(browser, ofThePage())).status).toBe(201);
    const out = await browser.go(`${edge.url}/logout`, { method: 'POST', headers: { Origin: edge.url } });
    expect([out.status, out.headers.get('location')]).toEqual([303, '/']);
    upstream.received.length = 0;
    await expectNobody(browser);
  });

  it('leaves a cookie that scripts, other sites and whoever reads it can do nothing with', async () => {
    const { browser, back } = await comingBack();
    const cookies = (await browser.go(back)).headers.getSetCookie();
    const session = cookies.find((cookie) => cookie.startsWith('gateway-session='))!;
    for (const attribute of ['HttpOnly', 'SameSite=Lax', 'Path=/', 'Max-Age='])
      expect(session).toContain(attribute);
    // Sealed: five parts, of which the first is the header, and none is a token that somebody could send.
    expect(session).toMatch(/^gateway-session=eyJ[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+;/);
    expect(session.length).toBeLessThan(4096);
    expect(cookies.find((cookie) => cookie.startsWith('gateway-login='))).toContain('Max-Age=0');
  });

  it('asks for the password each time, so that somebody else may log in after a logout', async () => {
    const browser = await edge.logIn('21');
    await browser.go(`${edge.url}/logout`, { method: 'POST', headers: { Origin: edge.url } });
    await browser.go(await browser.logIn(`${edge.url}/login`, '42', `${edge.url}/callback`));
    const me = await (await browser.go(`${edge.url}/api/me`)).json();
    expect(me).toMatchObject({ uri: 'https://census.service/user/42/' });
  });

  it('asks the provider with PKCE, a state and a nonce', async () => {
    const answer = await new Browser().go(`${edge.url}/login`);
    const query = Object.fromEntries(new URL(answer.headers.get('location')!).searchParams);
    expect(query).toMatchObject({
      code_challenge_method: 'S256',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      redirect_uri: `${edge.url}/callback`,
      resource: 'https://gateway.service/',
      prompt: 'login',
    });
  });

  it('lasts five minutes when the provider does not say for how long its token is good', async () => {
    const front = await startFront((path, text) => {
      if (path !== '/token') return text;
      const { expires_in: _left, ...rest } = JSON.parse(text) as Record<string, unknown>;
      return JSON.stringify(rest);
    });
    const provider = { PORT: String(front.behind), SERVICE_URL: front.origin };
    const { origin } = upstream;
    const destinations = { heraldUrl: `${origin}/herald/`, censusUrl: `${origin}/census/` };
    const behindFront = await startEdge({ ...destinations, provider });
    try {
      const browser = new Browser();
      const back = await browser.logIn(`${behindFront.url}/login`, '21', `${behindFront.url}/callback`);
      const cookies = (await browser.go(back)).headers.getSetCookie();
      expect(cookies.find((cookie) => cookie.startsWith('gateway-session='))).toContain('Max-Age=300;');
      expect((await browser.go(`${behindFront.url}/api/me`)).status).toBe(200);
    } finally {
      await behindFront.close();
      await front.close();
    }
  });
});

describe('A login is not finished', () => {
  async function expectRefused({ browser, back }: { browser: Browser; back: URL }): Promise<void> {
    expect(await problemOf(await browser.go(back))).toMatchObject({ status: 400, code: 'login_refused' });
    await expectNobody(browser);
  }

  it('with a forged state', async () => {
    const login = await comingBack();
    login.back.searchParams.set('state', 'x'.repeat(43));
    await expectRefused(login);
  });

  it('without a state', async () => {
    const login = await comingBack();
    login.back.searchParams.delete('state');
    await expectRefused(login);
  });

  it("in another browser: a stranger's login cannot be forced on somebody", async () => {
    const { back } = await comingBack();
    await expectRefused({ browser: new Browser(), back });
    const victim = await comingBack('42');
    await expectRefused({ browser: victim.browser, back });
  });

  it('with a code that was used before, also when the cookie of the login was kept', async () => {
    const { browser, back } = await comingBack();
    const login = browser.cookies.get('gateway-login')!;
    expect((await browser.go(back)).status).toBe(303);
    const thief = new Browser();
    await expectRefused({ browser: thief, back });
    thief.setCookie('gateway-login', login);
    await expectRefused({ browser: thief, back });
  });

  it("with the nonce of another login, as when another login's code is put in place", async () => {
    const browser = new Browser();
    const start = await browser.go(`${edge.url}/login`);
    const url = new URL(start.headers.get('location')!);
    url.searchParams.set('nonce', 'x'.repeat(43));
    await expectRefused({ browser, back: await browser.logIn(url, '21', `${edge.url}/callback`) });
  });

  it("with another login's code, whose secret this one does not have", async () => {
    const [mine, other] = [await comingBack(), await comingBack('7')];
    mine.back.searchParams.set('code', other.back.searchParams.get('code')!);
    await expectRefused(mine);
  });

  it('by the answer of another issuer', async () => {
    const login = await comingBack();
    login.back.searchParams.set('iss', 'http://127.0.0.1:1');
    await expectRefused(login);
  });

  it('when the provider says no', async () => {
    const { browser, back } = await comingBack();
    back.searchParams.delete('code');
    back.searchParams.set('error', 'access_denied');
    back.searchParams.set('error_description', '<script>');
    const answer = await browser.go(back);
    expect(await answer.text()).not.toContain('script');
    expect(answer.status).toBe(400);
    await expectNobody(browser);
  });

  it('with a cookie that was changed', async () => {
    const login = await comingBack();
    login.browser.setCookie('gateway-login', changed(login.browser.cookies.get('gateway-login')!));
    await expectRefused(login);
  });

  it('with the cookie of a session in the place of that of the login', async () => {
    const session = (await edge.logIn('21')).cookies.get('gateway-session')!;
    const login = await comingBack();
    login.browser.setCookie('gateway-login', session);
    await expectRefused(login);
  });
});

describe('A session', () => {
  it.each([
    ['was changed', changed],
    ['was cut', (sealed: string) => sealed.slice(0, -4)],
    ['is plain text', () => Buffer.from('{"token":"x"}').toString('base64url')],
    ['is no more than a header', () => 'eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0....'],
  ])('is nobody when its cookie %s, and the browser is told to forget it', async (_case, change) => {
    const browser = await edge.logIn('21');
    expect((await browser.go(`${edge.url}/api/me`)).status).toBe(200);
    upstream.received.length = 0;
    browser.setCookie('gateway-session', change(browser.cookies.get('gateway-session')!));
    const answer = await browser.go(`${edge.url}/api/me`);
    expect(answer.headers.getSetCookie()).toEqual([expect.stringContaining('gateway-session=; Max-Age=0')]);
    expect(await problemOf(answer)).toMatchObject({ status: 401, code: 'token_missing' });
    await expectNobody(browser);
  });

  it.each([
    ['comes from another site', { Origin: 'https://evil.example' }],
    ['comes from another port of this machine', { Origin: 'http://127.0.0.1:1' }],
    ['comes from a page without an origin', { Origin: 'null' }],
    ['says that it comes from elsewhere', { 'Sec-Fetch-Site': 'cross-site' }],
    ['says that it comes from a neighbour', { 'Sec-Fetch-Site': 'same-site' }],
    ['does not say where it comes from', { Origin: undefined }],
    ['lacks the header that a form cannot send', { 'X-Gateway-Page': undefined }],
  ])('does not write when the request %s', async (_case, change) => {
    const browser = await edge.logIn('21');
    const headers = Object.fromEntries(
      Object.entries({ ...ofThePage(), ...change }).filter(([, value]) => value !== undefined),
    ) as Record<string, string>;
    expect(await problemOf(await write(browser, headers))).toMatchObject({
      status: 403,
      code: 'cross_site_refused',
    });
    expect(upstream.received).toEqual([]);
    expect((await write(browser, ofThePage())).status).toBe(201);
  });

  it('is not ended by another site', async () => {
    const browser = await edge.logIn('21');
    const forced = await browser.go(`${edge.url}/logout`, {
      method: 'POST',
      headers: { Origin: 'https://evil.example' },
    });
    expect(forced.status).toBe(403);
    expect((await browser.go(`${edge.url}/logout`)).status).toBe(404);
    expect((await browser.go(`${edge.url}/api/me`)).status).toBe(200);
  });

  it("means nothing to a program: a user's token needs no page", async () => {
    expect((await edge.notify(await edge.token('21'))).status).toBe(201);
  });
});

describe('After a login, the browser is not sent', () => {
  it.each([
    'https://evil.example/',
    '//evil.example/',
    '/\\evil.example/',
    '\\\\evil.example/',
    '/%09/evil.example'.replace('%09', '\t'),
    '/.//evil.example/',
    '/x/..//evil.example/',
    'javascript:alert(1)',
    'evil.example',
    '/\r\nSet-Cookie: a=b',
    `/${'x'.repeat(600)}`,
    '',
  ])('to %j', async (path) => {
    const answer = await new Browser().go(`${edge.url}/login?return=${encodeURIComponent(path)}`);
    expect(await problemOf(answer)).toMatchObject({ status: 400, code: 'input_invalid' });
    expect(answer.headers.getSetCookie()).toEqual([]);
  });

  it('to one of two places', async () => {
    const answer = await new Browser().go(`${edge.url}/login?return=/&return=https://evil.example/`);
    expect(answer.status).toBe(400);
  });
});

function changed(sealed: string): string {
  const at = sealed.lastIndexOf('.') - 5;
  return `${sealed.slice(0, at)}${sealed[at] === 'A' ? 'B' : 'A'}${sealed.slice(at + 1)}`;
}
