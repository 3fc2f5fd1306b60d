import { randomUUID } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Logger } from '@nestjs/common';
import { findFreePort, type ServiceProcess } from '@countersign/service-kit/testing';
import { startCensus } from './support/running-census.js';
import { type RunningHerald, startHerald } from './support/running-herald.js';
import { type Call, HERALD, startStorefront, type Storefront, userUri } from './support/storefront.js';

const SUPPORT = 21;
const CUSTOMER = 42;
const welcome = { user: userUri(CUSTOMER), type: 'welcome-message' };

let storefront: Storefront;

beforeAll(async () => {
  storefront = await startStorefront();
});

afterAll(async () => {
  await storefront.close();
});

async function ask(herald: RunningHerald, call: Call) {
  const response = await storefront.call(herald.url, call);
  const body: unknown = await response.json();
  return { status: response.status, headers: response.headers, body };
}

function send(herald: RunningHerald, call: Partial<Call> = {}) {
  return ask(herald, { method: 'POST', path: '/notification/', as: SUPPORT, body: welcome, ...call });
}

describe('Herald, with census', () => {
  let census: ServiceProcess;
  let herald: RunningHerald;

  beforeAll(async () => {
    const port = await findFreePort();
    census = await startCensus(`http://127.0.0.1:${port}/.well-known/jwks.json`);
    herald = await startHerald(port, `${census.url}/`, storefront);
  });

  afterAll(async () => {
    await herald.close();
    await census.stop();
  });

  /** Resolves when the mail of a notification has left. */
  async function untilSent(path: string): Promise<void> {
    for (;;) {
      const { body } = await ask(herald, { path, as: SUPPORT });
      if ((body as { state: string }).state === 'sent') return;
    }
  }

  it('accepts a notification and sends the mail that it is about', async () => {
    const accepted = await send(herald);
    expect(accepted).toMatchObject({ status: 201, body: { ...welcome, state: 'queued' } });
    const uri = accepted.headers.get('location')!;
    expect(accepted.body).toMatchObject({ uri });
    expect(uri.startsWith(`${HERALD}notification/`)).toBe(true);
    const path = uri.slice(HERALD.length - 1);
    await untilSent(path);
    expect(await ask(herald, { path, as: SUPPORT })).toMatchObject({
      status: 200,
      body: { ...welcome, uri, state: 'sent' },
    });
    expect(herald.mailServer.sink?.received.at(-1)).toMatchObject({
      to: [{ address: 'user@census.example', name: 'Census User' }],
      text: expect.stringContaining('Hello Census User,'),
    });
  });

  it('shows a notification to whoever sent it and to administrators, and to nobody else', async () => {
    const { headers } = await send(herald);
    const path = headers.get('location')!.slice(HERALD.length - 1);
    expect((await ask(herald, { path, as: SUPPORT })).status).toBe(200);
    expect((await ask(herald, { path, as: 7, roles: ['admin'] })).status).toBe(200);
    expect(await ask(herald, { path, as: CUSTOMER })).toMatchObject({
      status: 403,
      body: { code: 'policy_refused' },
    });
    expect(await ask(herald, { path })).toMatchObject({ status: 403, body: { code: 'policy_refused' } });
    expect(await ask(herald, { path, as: SUPPORT, scope: 'notification:send' })).toMatchObject({
      status: 403,
      body: { code: 'scope_missing' },
    });
  });

  it.each([randomUUID(), '1', 'abc', '%3Cscript%3E', randomUUID().toUpperCase()])(
    'answers 404 for the notification %s',
    async (id) => {
      const answer = await ask(herald, { path: `/notification/${id}/`, as: SUPPORT });
      expect(answer).toMatchObject({ status: 404, body: { code: 'not_found' } });
    },
  );

  it('refuses a user whom census does not show to whoever asks', async () => {
    const answer = await send(herald, { as: CUSTOMER, body: { ...welcome, user: userUri(SUPPORT) } });
    expect(answer).toMatchObject({ status: 403, body: { code: 'user_not_visible' } });
  });

  it('refuses a sender who may not read users', async () => {
    const answer = await send(herald, { scope: 'notification:send' });
    expect(answer).toMatchObject({ status: 403, body: { code: 'user_not_visible' } });
  });

  it('refuses a user whom census does not know', async () => {
    const answer = await send(herald, { body: { ...welcome, user: userUri(9_999) } });
    expect(answer).toMatchObject({ status: 422, body: { code: 'user_unknown' } });
  });

  it('refuses a service that speaks for itself, and a user without the scope', async () => {
    const { as: _nobody, ...itself } = { as: SUPPORT, method: 'POST', path: '/notification/', body: welcome };
    expect(await ask(herald, itself)).toMatchObject({ status: 403, body: { code: 'user_required' } });
    expect(await send(herald, { scope: 'notification:read user:read' })).toMatchObject({
      status: 403,
      body: { code: 'scope_missing' },
    });
  });

  it('answers the same notification for the same idempotency key, and its state by then, and sends one mail', async () => {
    const idempotencyKey = randomUUID();
    const first = await send(herald, { idempotencyKey });
    const location = first.headers.get('location')!;
    await untilSent(location.slice(HERALD.length - 1));
    const second = await send(herald, { idempotencyKey });
    expect(first).toMatchObject({ status: 201, body: { ...welcome, uri: location, state: 'queued' } });
    expect(second).toMatchObject({ status: 201, body: { ...welcome, uri: location, state: 'sent' } });
    expect(second.headers.get('location')).toBe(location);
    // A mail that is sent later than this one shows that no second one was on its way.
    const later = await send(herald);
    await untilSent(later.headers.get('location')!.slice(HERALD.length - 1));
    const id = location.split('/').at(-2)!;
    expect(herald.mailServer.sink?.received.filter(({ messageId }) => messageId?.includes(id))).toHaveLength(
      1,
    );
  });

  it('accepts one notification when a key comes twenty times at once', async () => {
    const idempotencyKey = randomUUID();
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(herald, { idempotencyKey })));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(({ headers }) => headers.get('location'))).size).toBe(1);
  });

  it('refuses a key that its sender used for another notification, and lets another sender use it', async () => {
    const idempotencyKey = randomUUID();
    const first = await send(herald, { idempotencyKey });
    const body = { ...welcome, user: userUri(SUPPORT) };
    expect(await send(herald, { idempotencyKey, body })).toMatchObject({
      status: 422,
      body: { code: 'idempotency_key_reused' },
    });
    const other = await send(herald, { idempotencyKey, as: CUSTOMER });
    expect(other.status).toBe(201);
    expect(other.headers.get('location')).not.toBe(first.headers.get('location'));
  });

  it('publishes its public key, and says to everybody whether it is well and where mails go', async () => {
    const [keys, health] = await Promise.all([
      fetch(`${herald.url}/.well-known/jwks.json`),
      fetch(`${herald.url}/health`),
    ]);
    expect(await keys.json()).toMatchObject({ keys: [{ kty: 'EC' }] });
    expect(await health.json()).toEqual({ status: 'ok', mail: 'embedded' });
  });
});

describe('Herald, when census is not itself', () => {
  let herald: RunningHerald;
  let census: Server;
  let requests = 0;
  let answer: RequestListener = () => undefined;

  beforeAll(async () => {
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
  });

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
    const refused = await send(herald, { body });
    expect(refused).toMatchObject({ status: 400, body: { code: 'input_invalid', errors: [{ pointer }] } });
    expect(JSON.stringify(refused.body)).not.toContain('script');
    expect(requests).toBe(before);
  });

  it.each(['', 'a b', 'ü', 'x'.repeat(256)])(
    'refuses the idempotency key %j, and asks nobody',
    async (idempotencyKey) => {
      const before = requests;
      expect(await send(herald, { idempotencyKey })).toMatchObject({
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
    const refused = await send(herald);
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
    expect(await send(herald)).toMatchObject({ status: 503, body: { code: 'census_unavailable' } });
    Logger.overrideLogger(false);
    expect(JSON.stringify(logged)).toContain(`census answered 403 ${code}`);
  });

  it.each(['policy_refused', 'scope_missing', 'role_missing', 'subject_unknown', 'user_required'])(
    'does not show a user when census refuses whoever asks with %s',
    async (code) => {
      answer = refusing(JSON.stringify({ code, title: 'Refused.' }));
      expect(await send(herald)).toMatchObject({ status: 403, body: { code: 'user_not_visible' } });
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
    expect(await send(herald)).toMatchObject({ status: 503, body: { code: 'census_unavailable' } });
  });

  function refusing(body: string): RequestListener {
    return (_request, response) =>
      response.writeHead(403, { 'Content-Type': 'application/problem+json' }).end(body);
  }

  it('sends no token where census redirects to', async () => {
    const before = requests;
    answer = (_request, response) => response.writeHead(302, { Location: '/user/1/' }).end();
    expect((await send(herald)).status).toBeGreaterThanOrEqual(500);
    expect(requests).toBe(before + 1);
  });
});
