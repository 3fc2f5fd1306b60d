import { holdPort } from '@countersign/service-kit/testing';
import { type Edge, NOTIFICATION, OPAQUE_CACHE_SECONDS, startEdge } from './support/edge.js';
import { type Shown, watchNewDecisions } from './support/watch.js';
import { type Services, startServices } from './support/services.js';

/** Five services start, and everybody may share one slow core. */
const TIMEOUT_MS = 180_000;

let services: Services;
let edge: Edge;

beforeAll(async () => {
  const gatewayPort = await holdPort();
  services = await startServices(gatewayPort.port);
  edge = await startEdge({ ...services, gatewayPort });
}, TIMEOUT_MS);

afterAll(async () => {
  await edge.close();
  await services.close();
});

async function problem(response: Response): Promise<unknown> {
  return { status: response.status, ...((await response.json()) as object) };
}

describe('A user, from the browser to the database', () => {
  it('logs in, has a welcome message sent, and sees what became of it', async () => {
    const browser = await edge.logIn('21');
    expect(await (await browser.go(`${edge.url}/api/me`)).json()).toMatchObject({
      uri: 'https://census.service/user/21/',
      email: 'support@census.example',
    });
    const sent = await browser.go(`${edge.url}/api/notification`, {
      method: 'POST',
      body: NOTIFICATION,
      headers: { 'Content-Type': 'application/json', Origin: edge.url, 'X-Gateway-Page': '1' },
    });
    expect(sent.status).toBe(201);
    const seen = await browser.go(sent.headers.get('location')!);
    expect(await seen.json()).toMatchObject({
      user: 'https://census.service/user/42/',
      type: 'welcome-message',
    });
  });

  it('sees only what census lets that user see, whoever asks', async () => {
    const customer = await edge.token('42');
    expect((await edge.call('/api/me', customer)).status).toBe(200);
    expect((await edge.call('/api/user/42', customer)).status).toBe(200);
    expect(await problem(await edge.call('/api/user/21', customer))).toMatchObject({
      status: 403,
      code: 'policy_refused',
    });
    const admin = await edge.token('7');
    expect((await edge.call('/api/user/42', admin)).status).toBe(200);
    expect((await edge.call('/api/user/99999', admin)).status).toBe(404);
  });

  it("does not see another's notification", async () => {
    const sent = await edge.notify(await edge.token('21'));
    const path = new URL(sent.headers.get('location')!).pathname;
    expect((await edge.call(path, await edge.token('42'))).status).toBe(403);
    expect((await edge.call(path, await edge.token('21'))).status).toBe(200);
  });

  it('sends once what is sent twice with one key', async () => {
    const token = await edge.token('21');
    const key = { 'Idempotency-Key': 'the-same' };
    const [first, second] = [await edge.notify(token, key), await edge.notify(token, key)];
    expect(second.headers.get('location')).toBe(first.headers.get('location'));
  });
});

describe('What all services decide', () => {
  it('is shown at the gateway, live, by transaction, and never with a token', async () => {
    const token = await edge.token('21');
    const watching = await watchNewDecisions(edge.url);
    expect((await edge.notify(token)).status).toBe(201);
    const ofOneTransaction = (decisions: readonly Shown[]) =>
      decisions.filter(({ transactionId }) => transactionId === decisions[0]?.transactionId);
    const decisions = await watching.until((all) => ofOneTransaction(all).length === 5);
    expect(
      ofOneTransaction(decisions)
        .map(({ service, direction }) => `${service} ${direction}`)
        .sort(),
    ).toEqual(['census inbound', 'gateway inbound', 'gateway outbound', 'herald inbound', 'herald outbound']);
    expect(JSON.stringify(decisions)).not.toMatch(/eyJ[\w-]+\./);
  });
});

/** Has the provider forget a token, as the program that got it. */
async function revoke(token: string): Promise<void> {
  const body = new URLSearchParams({ token, client_id: 'kiosk' });
  const { status } = await fetch(`${edge.issuer}/token/revocation`, { method: 'POST', body });
  expect(status).toBe(200);
}

/** Asks again and again; what is asked after that time is the last, whatever comes of it. */
async function firstRefusalWithin(timeMs: number, token: string): Promise<Response> {
  const latest = performance.now() + timeMs;
  for (;;) {
    const isLast = performance.now() >= latest;
    const answer = await edge.call('/api/me', token);
    if (isLast || answer.status !== 200) return answer;
    await answer.body?.cancel();
  }
}

describe('An opaque token of the provider', () => {
  it('lets its user in everywhere, and nowhere when it was revoked and answers about it are out of date', async () => {
    const token = await edge.token('21', { client: 'kiosk' });
    expect(token).not.toContain('.');
    const me = await edge.call('/api/me', token);
    expect(await me.json()).toMatchObject({
      uri: 'https://census.service/user/21/',
      email: 'support@census.example',
    });
    expect((await edge.notify(token)).status).toBe(201);
    await revoke(token);
    expect(await problem(await firstRefusalWithin(OPAQUE_CACHE_SECONDS * 1000, token))).toMatchObject({
      status: 401,
      code: 'token_inactive',
    });
    expect((await edge.notify(token)).status).toBe(401);
  });
});

describe('Who goes past the gateway', () => {
  it.each(['census', 'herald'] as const)("is a stranger to %s with the provider's token", async (service) => {
    const token = await edge.token('21');
    expect((await edge.call('/api/me', token)).status).toBe(200);
    const [url, path] =
      service === 'census' ? [services.censusUrl, 'user/21/'] : [services.heraldUrl, 'notification/x/'];
    const answer = await fetch(new URL(path, url), { headers: { Authorization: `Bearer ${token}` } });
    expect(await problem(answer)).toMatchObject({ status: 401, code: 'issuer_untrusted' });
  });
});
