import { type Edge } from './support/edge.js';
import { type Upstream } from './support/upstream.js';
import { problemOf, useEdge } from './support/use-edge.js';

const GATEWAY = 'https://gateway.service/';

let edge: Edge;
let upstream: Upstream;
let token: string;

useEdge(
  async (started) => {
    ({ edge, upstream } = started);
    token = await edge.token('21');
  },
  { environment: { CORS_ORIGINS: 'https://shop.example' } },
);

describe('Who is let in', () => {
  it('is nobody without a token', async () => {
    const answer = await fetch(`${edge.url}/api/me`);
    expect(answer.headers.get('www-authenticate')).toBe(`Bearer realm="${GATEWAY}"`);
    expect(await problemOf(answer)).toMatchObject({ status: 401, code: 'token_missing' });
  });

  it("is not the gateway itself: its own token, sent back to it, is a stranger's", async () => {
    await edge.call('/api/me', token);
    const internal = upstream.received[0]!.token;
    expect(await problemOf(await edge.call('/api/me', internal))).toMatchObject({
      status: 401,
      code: 'issuer_untrusted',
    });
  });

  it('is no client that speaks for itself', async () => {
    const secret = Buffer.from('nightly:development-only-secret-of-nightly').toString('base64');
    const answer = await fetch(`${edge.issuer}/token`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'user:read' }),
      headers: { Authorization: `Basic ${secret}` },
    });
    const { access_token } = (await answer.json()) as { access_token: string };
    expect(await problemOf(await edge.call('/api/me', access_token))).toMatchObject({
      status: 403,
      code: 'user_required',
    });
  });

  it.each(['Authorization', 'JWT'])('is nobody with two credentials: a session and %s', async (name) => {
    const browser = await edge.logIn('21');
    expect((await browser.go(`${edge.url}/api/me`)).status).toBe(200);
    const value = name === 'JWT' ? token : `Bearer ${token}`;
    const answer = await browser.go(`${edge.url}/api/me`, { headers: { [name]: value } });
    expect(await problemOf(answer)).toMatchObject({ status: 400, code: 'request_malformed' });
  });

  it.each(['/API/me', '/api/me/', '/api//me', '/%61pi/me'])(
    'is nobody with two credentials, also when the path is written as %s',
    async (path) => {
      const browser = await edge.logIn('21');
      const headers = { Authorization: `Bearer ${token}` };
      const answer = await browser.go(`${edge.url}${path}`, { headers });
      expect([400, 404]).toContain(answer.status);
      expect(upstream.received).toEqual([]);
    },
  );

  it('is nobody with two sessions', async () => {
    const browser = await edge.logIn('21');
    const session = browser.cookies.get('gateway-session')!;
    const headers = { Cookie: `gateway-session=${session}; gateway-session=${session}` };
    expect((await fetch(`${edge.url}/api/me`, { headers })).status).toBe(400);
  });
});

describe('A page of another origin', () => {
  const preflight = {
    Origin: 'https://shop.example',
    'Access-Control-Request-Method': 'POST',
    'Access-Control-Request-Headers': 'authorization,content-type',
  };

  it('may ask first, without a token, and send a token of its own', async () => {
    const answer = await fetch(`${edge.url}/api/notification`, { method: 'OPTIONS', headers: preflight });
    expect(answer.status).toBe(204);
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://shop.example');
    expect(answer.headers.get('access-control-allow-headers')).toContain('Authorization');
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
    const sent = await edge.notify(token, { Origin: 'https://shop.example' });
    expect([sent.status, sent.headers.get('access-control-allow-origin')]).toEqual([
      201,
      'https://shop.example',
    ]);
  });

  it('is told nothing when it is not one of ours', async () => {
    const headers = { ...preflight, Origin: 'https://evil.example' };
    const answer = await fetch(`${edge.url}/api/notification`, { method: 'OPTIONS', headers });
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([204, null]);
  });

  it('is answered as anybody when its OPTIONS is no preflight', async () => {
    const answer = await fetch(`${edge.url}/api/notification`, {
      method: 'OPTIONS',
      headers: { Origin: 'https://shop.example' },
    });
    expect(answer.headers.get('access-control-allow-methods')).toBeNull();
    expect(upstream.received).toEqual([]);
  });
});
