import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { Browser } from '@countersign/service-kit/browser';
import {
  authorizationUrl,
  type Claims,
  codeGrant,
  REDIRECT,
  SECRET,
  startTestIdp,
  type TestIdp,
} from './support/running-idp.js';

const GATEWAY = 'https://gateway.service/';

let idp: TestIdp;

beforeAll(async () => {
  idp = await startTestIdp();
});

afterAll(async () => {
  await idp.close();
});

async function claimsOf(token: string): Promise<Claims> {
  const keys = createRemoteJWKSet(new URL(`${idp.issuer}/jwks`));
  const { payload } = await jwtVerify<Claims>(token, keys, {
    issuer: idp.issuer,
    audience: GATEWAY,
    typ: 'at+jwt',
    algorithms: ['ES256'],
  });
  return payload;
}

describe('The development identity provider', () => {
  it('publishes its metadata by OpenID Connect Discovery and by RFC 8414', async () => {
    for (const path of ['openid-configuration', 'oauth-authorization-server']) {
      const metadata = await (await fetch(`${idp.issuer}/.well-known/${path}`)).json();
      expect(metadata).toMatchObject({
        issuer: idp.issuer,
        jwks_uri: `${idp.issuer}/jwks`,
        code_challenge_methods_supported: ['S256'],
        introspection_endpoint: expect.any(String),
        revocation_endpoint: expect.any(String),
      });
    }
  });

  it('logs a user in by code and PKCE, and its access token is a JWT for the gateway (RFC 9068)', async () => {
    const claims = await claimsOf(await idp.logIn('terminal', '21', 'openid user:read notification:send'));
    expect(claims).toMatchObject({
      sub: '21',
      client_id: 'terminal',
      scope: 'user:read notification:send',
      jti: expect.any(String),
    });
    expect(claims.exp! - claims.iat!).toBe(900);
  });

  it.each(['//', '//['])('answers %j with 404, and goes on', async (path) => {
    const { hostname, port } = new URL(idp.issuer);
    const [answer] = (await once(request({ hostname, port, path }).end(), 'response')) as [IncomingMessage];
    answer.resume();
    expect(answer.statusCode).toBe(404);
    expect((await fetch(`${idp.issuer}/health?since=0`)).status).toBe(200);
  });

  it('issues a token to a client that speaks for itself', async () => {
    const basic = { Authorization: `Basic ${SECRET}` };
    const answer = await idp.token({ grant_type: 'client_credentials', scope: 'user:read' }, basic);
    const { access_token } = (await answer.json()) as { access_token: string };
    expect(await claimsOf(access_token)).toMatchObject({
      sub: 'nightly',
      client_id: 'nightly',
      scope: 'user:read',
    });
  });

  it('knows no audience but the gateway', async () => {
    const basic = { Authorization: `Basic ${SECRET}` };
    const resource = 'https://census.service/';
    const answer = await idp.token({ grant_type: 'client_credentials', resource }, basic);
    expect([answer.status, await answer.json()]).toEqual([
      400,
      expect.objectContaining({ error: 'invalid_target' }),
    ]);
  });

  it('gives one client opaque tokens, which it tells about until they are revoked', async () => {
    const token = await idp.logIn('kiosk', '42');
    expect(token).not.toContain('.');
    const ask = async () => {
      const body = new URLSearchParams({ token, client_id: 'kiosk' });
      return (await fetch(`${idp.issuer}/token/introspection`, { method: 'POST', body })).json();
    };
    expect(await ask()).toMatchObject({ active: true, sub: '42', aud: GATEWAY, scope: 'user:read' });
    const body = new URLSearchParams({ token, client_id: 'kiosk' });
    await fetch(`${idp.issuer}/token/revocation`, { method: 'POST', body });
    expect(await ask()).toEqual({ active: false });
  });

  it('says on its pages that it is for development, shows the password, and repeats no markup', async () => {
    expect(await (await fetch(idp.issuer)).text()).toContain('For development only');
    const browser = new Browser();
    const { url } = authorizationUrl(idp.issuer, 'terminal', 'openid');
    const login = await browser.follow(url, REDIRECT);
    const page = await login.response.text();
    for (const text of ['For development only', 'development-only', 'user 7', 'user 21', 'user 42'])
      expect(page).toContain(text);
    expect(login.response.headers.get('content-security-policy')).toContain("default-src 'none'");
    url.searchParams.set('client_id', '<script>');
    const refused = await browser.go(url);
    expect([refused.status, await refused.text()]).toEqual([400, expect.not.stringContaining('<script>')]);
  });

  it.each([
    ['a wrong password', { user: '21', password: 'guessed' }],
    ['a user it does not have', { user: '63', password: 'development-only' }],
  ])('refuses %s, and asks again', async (_case, form) => {
    const browser = new Browser();
    const { url } = authorizationUrl(idp.issuer, 'terminal', 'openid');
    const login = await browser.follow(url, REDIRECT);
    const refused = await browser.go(login.url, { method: 'POST', body: new URLSearchParams(form) });
    expect(refused.status).toBe(401);
    expect(await refused.text()).toContain('role="alert"');
    const body = new URLSearchParams({ user: '21', password: 'development-only' });
    expect((await browser.go(login.url, { method: 'POST', body })).status).toBe(303);
  });

  it("does not finish another browser's login", async () => {
    const { url } = authorizationUrl(idp.issuer, 'terminal', 'openid');
    const login = await new Browser().follow(url, REDIRECT);
    const body = new URLSearchParams({ user: '21', password: 'development-only' });
    expect((await new Browser().go(login.url, { method: 'POST', body })).status).toBe(400);
  });

  it.each([
    ['without PKCE', 'code_challenge', undefined],
    ['to an address that is not registered', 'redirect_uri', 'https://evil.example/callback'],
  ])('starts no login %s', async (_case, parameter, value) => {
    const { url } = authorizationUrl(idp.issuer, 'terminal', 'openid');
    if (value === undefined) url.searchParams.delete(parameter);
    else url.searchParams.set(parameter, value);
    const { url: end } = await new Browser().follow(url, REDIRECT);
    expect(end.pathname).not.toContain('/interaction/');
    expect(end.searchParams.get('code')).toBeNull();
  });

  it('takes a code once, and only with the secret of its login', async () => {
    const { url, verifier } = authorizationUrl(idp.issuer, 'terminal', 'openid');
    const back = await new Browser().logIn(url, '21', REDIRECT);
    const code = back.searchParams.get('code')!;
    expect((await idp.token(codeGrant('terminal', code, 'x'.repeat(43)))).status).toBe(400);
    const again = await new Browser().logIn(url, '21', REDIRECT);
    const grant = codeGrant('terminal', again.searchParams.get('code')!, verifier);
    expect((await idp.token(grant)).status).toBe(200);
    expect((await idp.token(grant)).status).toBe(400);
  });
});
