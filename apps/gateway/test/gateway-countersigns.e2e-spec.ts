import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { decodeJwt, type JWTPayload } from 'jose';
import { type Edge, NOTIFICATION, startEdge } from './support/edge.js';
import { NOTIFICATION_ID, refusing, type Upstream } from './support/upstream.js';
import { problemOf, useEdge } from './support/use-edge.js';

const GATEWAY = 'https://gateway.service/';
const USER = 'https://census.service/user/21/';

let edge: Edge;
let upstream: Upstream;
let token: string;

useEdge(async (started) => {
  ({ edge, upstream } = started);
  token = await edge.token('21');
});

describe("The gateway, called with a user's token of the provider", () => {
  it('calls herald with a token of its own: for the user, with what herald needs, bound to the body', async () => {
    const answer = await edge.notify(token, { 'Idempotency-Key': 'once' });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toBe(`${edge.url}/api/notification/${NOTIFICATION_ID}`);
    expect(await answer.json()).toMatchObject({ state: 'queued' });
    const [{ claims, headers, body, url }] = upstream.received as [Upstream['received'][number]];
    expect([url, body, headers['idempotency-key']]).toEqual(['/herald/notification/', NOTIFICATION, 'once']);
    expect(claims).toMatchObject({
      iss: GATEWAY,
      aud: 'https://herald.service/',
      sub: USER,
      scope: 'notification:send user:read',
      act: { sub: GATEWAY },
      txn: expect.any(String),
      bdy: expect.any(String),
      htm: 'POST',
    });
    expect(claims.exp).toBeLessThanOrEqual(decodeJwt(token).exp!);
  });

  it('shows who is logged in, from census', async () => {
    expect(await (await edge.call('/api/me', token)).json()).toMatchObject({
      uri: USER,
      name: 'Ada',
      scopes: ['user:read', 'notification:send', 'notification:read'],
      expiresAt: decodeJwt(token).exp,
    });
    expect(upstream.received[0]!.url).toBe('/census/user/21/');
    expect(upstream.received[0]!.claims.scope).toBe('user:read');
  });

  it('shows a user and a notification', async () => {
    expect((await edge.call('/api/user/42', token)).status).toBe(200);
    expect((await edge.call(`/api/notification/${NOTIFICATION_ID}`, token)).status).toBe(200);
    expect(upstream.received.map(({ url, claims }) => [url, claims.scope])).toEqual([
      ['/census/user/42/', 'user:read'],
      [`/herald/notification/${NOTIFICATION_ID}/`, 'notification:read'],
    ]);
  });

  it.each(['/api/user/042', '/api/user/..%2F42', '/api/user/42%3Fa', '/api/notification/x'])(
    'asks nobody for %s, which cannot be',
    async (path) => {
      expect(await problemOf(await edge.call(path, token))).toMatchObject({ status: 404, code: 'not_found' });
      expect(upstream.received).toEqual([]);
    },
  );

  it("gives the token for a service no more time than the user's own has", async () => {
    const short = await startEdge({
      heraldUrl: `${upstream.origin}/herald/`,
      censusUrl: `${upstream.origin}/census/`,
      provider: { ACCESS_TOKEN_SECONDS: '20' },
    });
    try {
      const user = await short.token('21');
      expect((await short.call('/api/me', user)).status).toBe(200);
      expect((await short.notify(user)).status).toBe(201);
      const { iat, exp } = decodeJwt(user);
      expect(exp! - iat!).toBe(20);
      expect(upstream.received.map(({ claims }) => claims.exp! <= exp!)).toEqual([true, true]);
    } finally {
      await short.close();
    }
  });
});

describe('What an outsider sends in the words of insiders', () => {
  const SPELLINGS = [
    'X-User-Id',
    'X-USER-ID',
    'x_user_id',
    'X_User-Id',
    'X-Internal-Token',
    'X_INTERNAL_TOKEN',
    'Delegation-Proof',
    'delegation_proof',
    'X-Forwarded-User',
    'Countersign-Timeout-Ms',
    'X-User-Id',
  ];

  it('reaches no service behind the gateway, in no spelling, and not when it is sent twice', async () => {
    const sent = SPELLINGS.map((name) => `${name}: 1`).join('\r\n');
    const { port } = new URL(edge.url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(
      `GET /api/me HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\nAuthorization: Bearer ${token}\r\n${sent}\r\n\r\n`,
    );
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 /);
    const [{ headerNames, headers, claims }] = upstream.received as [Upstream['received'][number]];
    const ours = ['authorization', 'countersign-timeout-ms'];
    expect(headerNames.filter((name) => !ours.includes(name))).toEqual(
      expect.not.arrayContaining(SPELLINGS.map((name) => name.toLowerCase())),
    );
    expect(headers['countersign-timeout-ms']).not.toBe('1');
    expect(claims.sub).toBe(USER);
  });
});

describe('Scopes', () => {
  it('do not grow on the way: what needs more than the user granted is refused, and nothing is sent', async () => {
    const less = await edge.token('21', { scope: 'openid notification:send' });
    const answer = await edge.notify(less);
    expect(answer.headers.get('www-authenticate')).toContain('error="insufficient_scope", scope="user:read"');
    expect(await problemOf(answer)).toMatchObject({ status: 403, code: 'scope_escalation' });
    expect(upstream.received).toEqual([]);
  });

  it('must be there for the route itself', async () => {
    const less = await edge.token('21', { scope: 'openid user:read' });
    expect(await problemOf(await edge.notify(less))).toMatchObject({ status: 403, code: 'scope_missing' });
    expect(upstream.received).toEqual([]);
  });
});

describe('Tokens for the services behind the gateway', () => {
  it("never name another user, nor carry another's transaction, over 100 requests of two users at once", async () => {
    const other = await edge.token('42');
    const users = new Map([
      [USER, token],
      ['https://census.service/user/42/', other],
    ]);
    const asked = await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        const [uri, bearer] = [...users][index % 2]!;
        const { uri: answered } = (await (await edge.call('/api/me', bearer)).json()) as { uri: string };
        return answered === uri;
      }),
    );
    expect(asked).toEqual(asked.map(() => true));
    expect(upstream.received.filter(({ url, claims }) => claims.sub !== uriOf(url))).toEqual([]);
    const owners = new Map<string, Set<string>>();
    for (const { token: text, claims } of upstream.received)
      owners.set(text, (owners.get(text) ?? new Set()).add(claims.sub!));
    expect([...owners.values()].filter(({ size }) => size > 1)).toEqual([]);
    const transactions = upstream.received.map(({ claims }) => claims.txn);
    expect(new Set(transactions).size).toBe(100);
  });

  it('are new for each write', async () => {
    for (let write = 0; write < 3; write++) await edge.notify(token);
    const ids = upstream.received.map(({ claims }: { claims: JWTPayload }) => claims.jti);
    expect(new Set(ids).size).toBe(3);
  });

  function uriOf(path: string): string {
    return path.replace('/census/', 'https://census.service/');
  }
});

describe('What a service behind the gateway refuses', () => {
  it.each([
    ['the token of the gateway', refusing(401, 'issuer_untrusted', { 'WWW-Authenticate': 'Bearer' })],
    ['the gateway as a caller', refusing(403, 'caller_not_allowed')],
    ['the gateway for that user', refusing(403, 'delegation_not_allowed')],
  ])("is no fault of the client's when it is %s", async (_case, answer) => {
    upstream.answer = answer;
    const refused = await edge.call('/api/me', token);
    expect(refused.headers.get('www-authenticate')).toBeNull();
    expect(await problemOf(refused)).toMatchObject({ status: 502, code: 'upstream_refused_gateway' });
  });

  it.each([
    [403, 'user_not_visible'],
    [404, 'not_found'],
    [422, 'user_unknown'],
  ])('is handed on when it is about the request: %d %s', async (status, code) => {
    upstream.answer = refusing(status, code);
    expect(await problemOf(await edge.notify(token))).toMatchObject({ status, code });
  });

  it.each([
    ['fails', refusing(500, 'internal')],
    ['answers no JSON', (_request: unknown, response: ServerResponse) => response.end('<html>')],
    ['answers something else', refusing(200, 'fine')],
  ])('is 502 when it %s', async (_case, answer) => {
    upstream.answer = answer;
    expect(await problemOf(await edge.call('/api/me', token))).toMatchObject({
      status: 502,
      code: 'upstream_failed',
    });
  });

  it.each([
    ['says that it cannot now', refusing(503, 'database_unavailable', { 'Retry-After': '9' }), '9'],
    ['hangs up', (request: { socket: { destroy(): void } }) => request.socket.destroy(), '5'],
  ])('is 503, and says when to come back, when it %s', async (_case, answer, retryAfter) => {
    upstream.answer = answer;
    const refused = await edge.call('/api/me', token);
    expect(refused.headers.get('retry-after')).toBe(retryAfter);
    expect(await problemOf(refused)).toMatchObject({ status: 503, code: 'upstream_unavailable' });
  });
});
