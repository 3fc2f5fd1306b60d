import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Logger } from '@nestjs/common';
import { type Answer, askHerald, sending, welcome } from './support/asking.js';
import { type RunningHerald, startHerald } from './support/running-herald.js';
import { type Call, startStorefront, type Storefront, userUri } from './support/storefront.js';

describe('Herald, when census is not itself', () => {
  let storefront: Storefront;
  let herald: RunningHerald;
  let census: Server;
  let requests = 0;
  let answer: RequestListener = () => undefined;

  beforeAll(async () => {
    storefront = await startStorefront();
    census = createServer((request, response) => {
      requests += 1;
      answer(request, response);
    }).listen(0, '127.0.0.1');
    await once(census, 'listening');
    const { port } = census.address() as AddressInfo;
    herald = await startHerald(0, `http://127.0.0.1:${port}/`, storefront);
  });

  afterAll(async () => {
    await herald.close();
    census.closeAllConnections();
    await new Promise((resolve) => census.close(resolve));
    await storefront.close();
  });

  function send(call: Partial<Call> = {}): Promise<Answer> {
    return askHerald(storefront, herald, { ...sending, ...call });
  }

  it.each([
    ['the URI of another place', { ...welcome, user: 'https://evil.example/user/42/' }, '#/user'],
    [
      'a path that leaves the users',
      { ...welcome, user: 'https://census.service/user/../user/42/' },
      '#/user',
    ],
    ['a URI with a query', { ...welcome, user: `${userUri(42)}?a=1` }, '#/user'],
    ['a user that is no string', { ...welcome, user: 42 }, '#/user'],
    ['a long user', { ...welcome, user: userUri(42).padEnd(501, '0') }, '#/user'],
    ['an unknown type', { ...welcome, type: '<script>' }, '#/type'],
    ['an unknown member', { ...welcome, '<script>': 1 }, '#'],
    ['no user', { type: 'welcome-message' }, '#/user'],
  ])('refuses %s, and asks nobody', async (_case, body, pointer) => {
    const before = requests;
    const refused = await send({ body });
    expect(refused).toMatchObject({ status: 400, body: { code: 'input_invalid', errors: [{ pointer }] } });
    expect(JSON.stringify(refused.body)).not.toContain('script');
    expect(requests).toBe(before);
  });

  it.each(['', 'a b', 'ü', 'x'.repeat(256)])(
    'refuses the idempotency key %j, and asks nobody',
    async (idempotencyKey) => {
      const before = requests;
      expect(await send({ idempotencyKey })).toMatchObject({
        status: 400,
        body: { code: 'input_invalid' },
      });
      expect(requests).toBe(before);
    },
  );

  it.each<[string, RequestListener]>([
    ['fails', (_request, response) => response.writeHead(500).end()],
    ['does not accept the token', (_request, response) => response.writeHead(401).end()],
    ['is busy', (_request, response) => response.writeHead(429).end()],
    ['hangs up', (request) => request.socket.destroy()],
    ['answers no JSON', (_request, response) => response.end('<html>')],
    [
      'answers another user',
      (_request, response) =>
        response.end(JSON.stringify({ uri: userUri(1), name: 'A', email: 'a@b.example' })),
    ],
    [
      'answers no address',
      (_request, response) => response.end(JSON.stringify({ uri: userUri(42), name: 'A', email: 'a' })),
    ],
  ])('asks to come back later when census %s', async (_case, listener) => {
    answer = listener;
    const refused = await send();
    expect(refused).toMatchObject({ status: 503, body: { code: 'census_unavailable' } });
    expect(refused.headers.get('retry-after')).toBe('5');
  });

  it.each([
    'caller_not_allowed',
    'delegation_not_allowed',
    'delegation_unproven',
    'actor_chain_too_deep',
    'policy_missing',
  ])('asks to come back later when census refuses herald with %s, and logs it', async (code) => {
    const logged: unknown[] = [];
    const keep = (line: unknown): number => logged.push(line);
    Logger.overrideLogger({ log: keep, warn: keep, error: keep });
    answer = refusing(JSON.stringify({ code, title: 'Refused.' }));
    expect(await send()).toMatchObject({ status: 503, body: { code: 'census_unavailable' } });
    Logger.overrideLogger(false);
    expect(JSON.stringify(logged)).toContain(`census answered 403 ${code}`);
  });

  it.each(['policy_refused', 'scope_missing', 'role_missing', 'subject_unknown', 'user_required'])(
    'does not show a user when census refuses whoever asks with %s',
    async (code) => {
      answer = refusing(JSON.stringify({ code, title: 'Refused.' }));
      expect(await send()).toMatchObject({ status: 403, body: { code: 'user_not_visible' } });
    },
  );

  it.each([
    ['nothing', ''],
    ['what is no problem document', '<html>'],
    ['no code', JSON.stringify({ title: 'Refused.' })],
    ['what is no code', JSON.stringify({ code: 'policy refused\n', title: 'Refused.' })],
    [
      'more than a problem needs',
      JSON.stringify({ code: 'policy_refused', title: 'Refused.', more: 'x'.repeat(70_000) }),
    ],
  ])('asks to come back later when a 403 says %s: it need not be from census', async (_case, body) => {
    answer = refusing(body);
    expect(await send()).toMatchObject({ status: 503, body: { code: 'census_unavailable' } });
  });

  function refusing(body: string): RequestListener {
    return (_request, response) =>
      response.writeHead(403, { 'Content-Type': 'application/problem+json' }).end(body);
  }

  it('sends no token where census redirects to', async () => {
    const before = requests;
    answer = (_request, response) => response.writeHead(302, { Location: '/user/1/' }).end();
    expect((await send()).status).toBeGreaterThanOrEqual(500);
    expect(requests).toBe(before + 1);
  });
});
