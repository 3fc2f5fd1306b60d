import { setTimeout as wait } from 'node:timers/promises';
import { TestIssuer } from '@countersign/testing';
import { CountersignError } from '../../src/index.js';
import { startPlainService, type PlainService, type Reach } from '../support/plain-service.js';

const ORDER = 'https://order.service/';
const USER = 'https://census.service/user/42/';

describe('A service on plain Node', () => {
  let herald: TestIssuer;
  let own: TestIssuer;
  let service: PlainService;
  let ran: number;
  let handler: (reach: Reach) => unknown;

  beforeAll(async () => {
    herald = await TestIssuer.start({ issuer: 'https://herald.service/' });
    own = await TestIssuer.start({ issuer: ORDER });
    service = await startPlainService({
      service: ORDER,
      keyStore: own.keyStore,
      trust: [
        herald.trustRecord({ scopes: ['order:read'], actsFor: ['https://census.service/user/'], roles: [] }),
      ],
      requirements: [{ kind: 'scope', anyOf: ['order:read'] }],
      handler: (reach) => {
        ran += 1;
        return handler(reach);
      },
    });
  });
  afterAll(async () => {
    await service.close();
    await Promise.all([herald.close(), own.close()]);
  });
  beforeEach(() => {
    ran = 0;
    handler = () => 'done';
  });

  const tokenOf = (claims: Readonly<Record<string, unknown>> = {}) =>
    herald.token({ audience: ORDER, claims: { sub: USER, scope: 'order:read', ...claims } });

  async function ask(token?: string, headers: Readonly<Record<string, string>> = {}, path = '/order/') {
    const authorization = token === undefined ? {} : { Authorization: `Bearer ${token}` };
    const answer = await fetch(`${service.origin}${path}`, { headers: { ...authorization, ...headers } });
    return {
      status: answer.status,
      challenge: answer.headers.get('www-authenticate'),
      type: answer.headers.get('content-type'),
      cache: answer.headers.get('cache-control'),
      body: (await answer.json()) as unknown,
    };
  }

  it('lets a request in whose token is good, and its handler runs', async () => {
    expect(await ask(await tokenOf())).toMatchObject({ status: 200, body: 'done' });
    expect(ran).toBe(1);
  });

  it('answers a request without a token with a challenge that names the service, and no error', async () => {
    expect(await ask()).toMatchObject({
      status: 401,
      challenge: `Bearer realm="${ORDER}"`,
      type: 'application/problem+json',
      cache: 'no-store',
      body: { code: 'token_missing', instance: expect.stringMatching(/^urn:uuid:/) },
    });
    expect(ran).toBe(0);
  });

  it('answers a token for another service with invalid_token, and its handler does not run', async () => {
    expect(await ask(await herald.token({ audience: 'https://ledger.service/' }))).toMatchObject({
      status: 401,
      challenge: `Bearer realm="${ORDER}", error="invalid_token"`,
      body: { code: 'audience_mismatch' },
    });
    expect(ran).toBe(0);
  });

  it('says which scope is missing', async () => {
    expect(await ask(await tokenOf({ scope: '' }))).toMatchObject({
      status: 403,
      challenge: `Bearer realm="${ORDER}", error="insufficient_scope", scope="order:read"`,
      body: { code: 'scope_missing' },
    });
    expect(ran).toBe(0);
  });

  it('answers 500 and no challenge for a refusal that its handler throws: callers must not try again', async () => {
    handler = () => {
      throw new CountersignError('token_expired', 'from further down');
    };
    expect(await ask(await tokenOf())).toMatchObject({
      status: 500,
      challenge: null,
      body: { code: 'token_expired' },
    });
  });

  it('publishes its keys, with how long they may be kept', async () => {
    expect(await ask(undefined, {}, '/.well-known/jwks.json')).toMatchObject({
      status: 200,
      type: 'application/jwk-set+json',
      cache: 'public, max-age=300',
      body: own.keyStore.publicKeys(),
    });
  });

  it('knows deep in a handler who calls, for each of fifty requests its own user', async () => {
    handler = async ({ scope }) => {
      await wait(1);
      return scope.principal?.subject;
    };
    const users = Array.from({ length: 50 }, (_, index) => `https://census.service/user/${String(index)}/`);
    const answers = await Promise.all(users.map(async (sub) => (await ask(await tokenOf({ sub }))).body));
    expect(answers).toEqual(users);
    expect(service.scope.principal).toBeUndefined();
  });

  it('knows deep in a handler how long its caller waits', async () => {
    handler = ({ scope }) => scope.remainingMs;
    const { body } = await ask(await tokenOf(), { 'Countersign-Timeout-Ms': '5000' });
    expect(body).toBeGreaterThan(0);
    expect(body).toBeLessThanOrEqual(5000);
    expect((await ask(await tokenOf())).body).toBeNull();
  });

  describe('that calls another one', () => {
    let called: PlainService;
    let calling: PlainService;
    const CALLED = 'https://ledger.service/';

    beforeAll(async () => {
      called = await startPlainService({
        service: CALLED,
        keyStore: own.keyStore,
        trust: [
          own.trustRecord({
            keys: { jwks: { keys: own.keyStore.publicKeys().keys } },
            actsFor: ['https://census.service/user/'],
            scopes: ['ledger:read'],
          }),
        ],
        handler: ({ scope }) => ({
          subject: scope.principal?.subject,
          actors: scope.principal?.actors,
          limited: scope.remainingMs !== undefined,
        }),
      });
      calling = await startPlainService({
        service: ORDER,
        keyStore: own.keyStore,
        trust: [herald.trustRecord({ actsFor: ['https://census.service/user/'] })],
        destinations: [
          { name: 'ledger', url: called.origin, audience: CALLED, onBehalfOf: 'user', authorize: 'mint' },
        ],
        handler: async ({ calls }) => (await calls.fetch(`${called.origin}/`)).json(),
      });
    });
    afterAll(() => Promise.all([called.close(), calling.close()]));

    it('calls it for the user whose request is served, and says how long it waits', async () => {
      const answer = await fetch(calling.origin, {
        headers: { Authorization: `Bearer ${await tokenOf()}` },
      });
      expect(await answer.json()).toEqual({ subject: USER, actors: [ORDER, herald.issuer], limited: true });
      expect(calling.decisions).toMatchObject([
        { direction: 'outbound', decision: 'allowed', destination: 'ledger', subject: USER },
      ]);
    });
  });
});
