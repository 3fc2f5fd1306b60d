import { EventEmitter, once } from 'node:events';
import { text } from 'node:stream/consumers';
import { TestIssuer } from '@countersign/testing';
import {
  authenticated,
  createCountersign,
  open,
  optional,
  policy,
  scopes,
  type DecisionRecord,
  type NodeCountersign,
  useToken,
} from '../../src/http.js';
import { CountersignError } from '../../src/index.js';
import { PROTOCOLS, type Running } from '../support/node-listener.js';

const SERVICE = 'https://order.service/';
/** What a careless rejection hands on. */
const NO_ERROR = undefined as unknown as Error;
const BODY = '{"item":1}';

let herald: TestIssuer;
let countersign: NodeCountersign;
let running: Running | undefined;
const decisions: DecisionRecord[] = [];
const recorded = new EventEmitter();
const log: unknown[] = [];
const ran: string[] = [];

beforeAll(async () => {
  herald = await TestIssuer.start({ issuer: 'https://herald.service/' });
  const write = (line: unknown) => void log.push(line);
  countersign = await createCountersign({
    service: SERVICE,
    trust: [herald.trustRecord({ scopes: ['order:read', 'order:write'] })],
    keys: herald.keyStore,
    hydrate: false,
    resourceMetadata: true,
    decisions: {
      record: (decision) => {
        decisions.push(decision);
        recorded.emit(decision.decision);
      },
    },
    logger: { info: write, warn: write, error: write },
  });
});
afterAll(() => herald.close());
afterEach(async () => {
  for (const list of [decisions, log, ran]) list.length = 0;
  await running?.close();
  running = undefined;
});

async function bearer(scope: string, body?: string): Promise<Readonly<Record<string, string>>> {
  const token = await herald.token({
    audience: SERVICE,
    claims: { scope },
    ...(body !== undefined && { bind: { method: 'POST', url: '/order', body } }),
  });
  return { Authorization: `Bearer ${token}` };
}

describe.each(PROTOCOLS)('over $name', ({ start }) => {
  it('takes a token from where code says that comes before its listener', async () => {
    const listener = read();
    running = await start((request, response) => {
      countersign.enter(request, response, () => {
        useToken(request, (request.headers.cookie ?? '').replace('token=', ''));
        listener(request, response);
      });
    });
    const { Authorization: sent = '' } = await bearer('order:read');
    const headers = { cookie: sent.replace('Bearer ', 'token=') };
    expect(await running.ask({ headers })).toMatchObject({ status: 200, text: 'herald' });
    expect(await running.ask({ headers: { cookie: 'token=a.b.c' } })).toMatchObject({
      code: 'token_malformed',
    });
    expect(ran).toEqual(['read']);
  });

  const read = () =>
    countersign.handle(scopes('order:read'), function readOrder(_request, response, principal) {
      ran.push('read');
      response.end(principal.caller.name);
    });
  const write = () =>
    countersign.handle(
      scopes('order:write'),
      async (request, response) => {
        ran.push('write');
        response.end(await text(request));
      },
      'POST /order',
    );

  it('lets in a token with its scope, and refuses one without it and no token at all', async () => {
    running = await start(read());
    const { ask } = running;
    expect(await ask({ headers: await bearer('order:read') })).toMatchObject({ status: 200, text: 'herald' });
    expect(await ask({ headers: await bearer('order:write') })).toMatchObject({
      status: 403,
      code: 'scope_missing',
    });
    const bare = await ask();
    expect(bare).toMatchObject({ status: 401, code: 'token_missing' });
    expect(bare.headers).toMatchObject({
      'www-authenticate': expect.stringContaining(`Bearer realm="${SERVICE}"`) as string,
      'cache-control': 'no-store',
    });
    expect(ran).toEqual(['read']);
    expect(decisions).toMatchObject([
      { decision: 'allowed', route: 'readOrder', method: 'GET', caller: 'herald' },
      { decision: 'refused', route: 'readOrder', code: 'scope_missing' },
      { decision: 'refused', route: 'readOrder', code: 'token_missing' },
    ]);
  });

  it('hands on a bound write, and refuses it the second time and with another body', async () => {
    running = await start(write());
    const { ask } = running;
    const sent = { method: 'POST', body: BODY, headers: await bearer('order:write', BODY) };
    expect(await ask(sent)).toMatchObject({ status: 200, text: BODY });
    expect(await ask(sent)).toMatchObject({ status: 401, code: 'token_replayed' });
    const other = { ...sent, body: '{"item":2}', headers: await bearer('order:write', BODY) };
    expect(await ask(other)).toMatchObject({ status: 401, code: 'body_mismatch' });
    expect(await ask({ ...sent, path: '/other', headers: await bearer('order:write', BODY) })).toMatchObject({
      status: 401,
      code: 'binding_mismatch',
    });
    expect(ran).toEqual(['write']);
    expect(decisions[0]).toMatchObject({ route: 'POST /order', bound: true });
  });

  it('waits for the body of a caller that waits for 100 Continue', async () => {
    running = await start(write());
    const headers = { ...(await bearer('order:write', BODY)), Expect: '100-continue' };
    expect(await running.ask({ method: 'POST', body: BODY, headers })).toMatchObject({
      status: 200,
      text: BODY,
    });
  });

  it('refuses an upload that breaks off, and goes on serving', async () => {
    running = await start(write());
    const { ask, giveUp } = running;
    const refused = once(recorded, 'refused');
    await giveUp({ method: 'POST', body: '{', headers: await bearer('order:write', BODY) });
    await refused;
    expect(decisions).toMatchObject([{ decision: 'refused', code: 'request_malformed' }]);
    expect(ran).toEqual([]);
    const sent = { method: 'POST', body: BODY, headers: await bearer('order:write', BODY) };
    expect(await ask(sent)).toMatchObject({ status: 200 });
  });

  it('keeps two handlers apart', async () => {
    const [forReading, forWriting] = [read(), write()];
    running = await start((request, response) => {
      (request.method === 'POST' ? forWriting : forReading)(request, response);
    });
    const { ask } = running;
    expect(await ask({ headers: await bearer('order:read') })).toMatchObject({ status: 200 });
    expect(await ask({ headers: await bearer('order:write') })).toMatchObject({ code: 'scope_missing' });
    const headers = await bearer('order:read', BODY);
    expect(await ask({ method: 'POST', body: BODY, headers })).toMatchObject({ code: 'scope_missing' });
    expect(ran).toEqual(['read']);
  });

  it('uses a token once for a handler within a handler', async () => {
    const inner = write();
    running = await start(
      countersign.handle(authenticated(), (request, response) => {
        inner(request, response);
      }),
    );
    const sent = { method: 'POST', body: BODY, headers: await bearer('order:write', BODY) };
    expect(await running.ask(sent)).toMatchObject({ status: 200, text: BODY });
    expect(await running.ask(sent)).toMatchObject({ code: 'token_replayed' });
    expect(ran).toEqual(['write']);
  });

  it('publishes its keys and its metadata to everybody, for GET and HEAD only', async () => {
    running = await start(read());
    const { ask } = running;
    const path = '/.well-known/jwks.json';
    const keys = await ask({ path });
    expect(JSON.parse(keys.text)).toEqual(herald.keyStore.publicKeys());
    const head = await ask({ path: `${path}?v=1`, method: 'HEAD' });
    expect(head).toMatchObject({ status: 200, text: '' });
    for (const { headers } of [keys, head])
      expect(headers).toMatchObject({
        'content-type': 'application/jwk-set+json',
        'cache-control': 'public, max-age=300',
      });
    expect(await ask({ path, method: 'POST' })).toMatchObject({ status: 401 });
    expect(await ask({ path: `/x${path}` })).toMatchObject({ status: 401 });
    const metadata = await ask({ path: '/.well-known/oauth-protected-resource' });
    expect(JSON.parse(metadata.text)).toMatchObject({ scopes_supported: ['order:read', 'order:write'] });
    expect(ran).toEqual([]);
  });

  it('lets in whoever an optional and an open handler are for', async () => {
    const answering = optional();
    running = await start(
      countersign.handle(answering, (_request, response, principal) => {
        response.end(principal === undefined ? 'nobody' : 'somebody');
      }),
    );
    expect(await running.ask()).toMatchObject({ text: 'nobody' });
    expect(await running.ask({ headers: await bearer('') })).toMatchObject({ text: 'somebody' });
    expect(await running.ask({ headers: { Authorization: 'Bearer a.b.c' } })).toMatchObject({ status: 401 });
    await running.close();
    decisions.length = 0;
    running = await start(countersign.handle(open(), (_request, response) => response.end('open')));
    expect(await running.ask({ headers: { Authorization: 'Bearer a.b.c' } })).toMatchObject({ text: 'open' });
    expect(decisions).toEqual([]);
  });

  describe('a handler that throws', () => {
    it.each<[string, Error, object]>([
      [
        'a fault',
        new CountersignError('token_expired', 'from further down'),
        { status: 500, code: 'token_expired' },
      ],
      ['an error', new Error('from further down'), { status: 500, text: '' }],
      ['nothing', NO_ERROR, { status: 500, text: '' }],
    ])('%s is answered 500, and not with what it says', async (_what, thrown, expected) => {
      running = await start(
        countersign.handle(authenticated(), (_request, response) => {
          response.setHeader('Content-Length', '5');
          response.setHeader('X-Secret', 'secret');
          return Promise.reject(thrown);
        }),
      );
      const answer = await running.ask({ headers: await bearer('') });
      expect(answer).toMatchObject(expected);
      expect(answer.text).not.toContain('from further down');
      expect(answer.headers).not.toHaveProperty('x-secret');
      expect(answer.headers).not.toHaveProperty('www-authenticate');
      expect(log).toHaveLength(1);
    });

    it('after it sent the head breaks its answer off, and goes on serving', async () => {
      running = await start(
        countersign.handle(authenticated(), async (_request, response) => {
          response.writeHead(200);
          await new Promise<void>((resolve) =>
            response.write('half', () => {
              resolve();
            }),
          );
          throw new Error('no database');
        }),
      );
      const { ask } = running;
      await expect(ask({ headers: await bearer('') })).rejects.toThrow();
      await expect(ask({ headers: await bearer('') })).rejects.toThrow();
      expect(log).toMatchObject(Array(2).fill({ error: 'Error: no database' }));
    });

    it('after it ended the answer changes nothing of it', async () => {
      running = await start(
        countersign.handle(authenticated(), (_request, response) => {
          response.end('whole');
          throw new Error('too late');
        }),
      );
      expect(await running.ask({ headers: await bearer('') })).toMatchObject({ status: 200, text: 'whole' });
      expect(log).toHaveLength(1);
    });
  });

  it('answers 500 for a policy that throws, whatever it throws, and 403 for one that says no', async () => {
    const policies = [() => false, () => Promise.reject(NO_ERROR)];
    const listeners = policies.map((each) =>
      countersign.handle(policy(each), (_request, response) => {
        ran.push('policy');
        response.end();
      }),
    );
    running = await start((request, response) =>
      listeners[Number(request.url?.slice(1))]?.(request, response),
    );
    expect(await running.ask({ path: '/0', headers: await bearer('') })).toMatchObject({
      code: 'policy_refused',
    });
    expect(await running.ask({ path: '/1', headers: await bearer('') })).toMatchObject({ status: 500 });
    expect(ran).toEqual([]);
  });
});

it('makes no listener without a requirement, or with two that cannot both hold', () => {
  const make = (requirement: unknown) => () => countersign.handle(requirement as never, () => undefined);
  const invalid = expect.objectContaining({ code: 'config_invalid' }) as Error;
  for (const none of [[], undefined, null, 'order:read', {}, [undefined]])
    expect(make(none)).toThrow(invalid);
  expect(make([open(), scopes('order:read')])).toThrow(invalid);
});
