import { randomUUID } from 'node:crypto';
import { findFreePort, type ServiceProcess } from '@countersign/service-kit/testing';
import { type Answer, askHerald, CUSTOMER, sending, SUPPORT, welcome } from './support/asking.js';
import { startCensus } from './support/running-census.js';
import { type RunningHerald, startHerald } from './support/running-herald.js';
import { type Call, HERALD, startStorefront, type Storefront, userUri } from './support/storefront.js';

let storefront: Storefront;

beforeAll(async () => {
  storefront = await startStorefront();
});

afterAll(async () => {
  await storefront.close();
});

function ask(herald: RunningHerald, call: Call): Promise<Answer> {
  return askHerald(storefront, herald, call);
}

function send(herald: RunningHerald, call: Partial<Call> = {}): Promise<Answer> {
  return ask(herald, { ...sending, ...call });
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

  it('gives the same answer for the same idempotency key, also when the mail is sent, and sends one mail', async () => {
    const idempotencyKey = randomUUID();
    const first = await send(herald, { idempotencyKey });
    const location = first.headers.get('location')!;
    await untilSent(location.slice(HERALD.length - 1));
    const second = await send(herald, { idempotencyKey });
    expect(first).toMatchObject({ status: 201, body: { ...welcome, uri: location, state: 'queued' } });
    expect(second).toMatchObject({ status: 201, body: first.body });
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
    // What is no user's URI is bad input with a used key too.
    const bad = await send(herald, {
      idempotencyKey,
      body: { ...welcome, user: 'https://evil.example/user/42/' },
    });
    expect(bad).toMatchObject({
      status: 400,
      body: { code: 'input_invalid', errors: [{ pointer: '#/user' }] },
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
