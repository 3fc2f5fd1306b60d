import { randomUUID } from 'node:crypto';
import { type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { HttpService } from '@nestjs/axios';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FAULTS, type DestinationRecord, type FaultCode } from '@countersign/core';
import { AuthorizedHttpModule } from '@countersign/nestjs/axios';
import { TestIssuer } from '@countersign/testing';
import { censusOptions, startApplication, type Application } from '../support/application.js';
import { CLIENTS, type Call } from '../support/clients.js';
import { refuse, startFickleService, type Behaviour, type FickleService } from '../support/fickle-service.js';

const AUDIENCE = 'https://herald.service/';

/** What a new token can mend; everything else is handed on as it is. */
const MENDABLE: readonly string[] = [
  'token_expired', 'token_not_yet_valid', 'token_issued_in_future', 'key_unknown', 'signature_invalid',
  'token_inactive',
]; // prettier-ignore
const REFUSALS = (Object.keys(FAULTS) as FaultCode[]).filter(
  (code) => FAULTS[code].kind === 'unauthenticated',
);

const ok = (response: ServerResponse) => {
  response.end('done');
  return 'handled' as const;
};
const refusing =
  (...parameters: Parameters<typeof refuse> extends [unknown, ...infer Rest] ? Rest : never): Behaviour =>
  (response, attempt) => {
    if (attempt > 1) return ok(response);
    refuse(response, ...parameters);
    return 'not handled';
  };

describe.each(CLIENTS)('a call by $name that is refused', (client) => {
  let issuer: TestIssuer;
  let herald: FickleService;
  let census: Application;
  const behaviours = new Map<string, Behaviour>();

  beforeAll(async () => {
    issuer = await TestIssuer.start({ issuer: 'https://gateway.service/' });
    herald = await startFickleService((path) => behaviours.get(path) ?? ok);
    const minted: DestinationRecord = {
      name: 'herald', url: herald.origin, audience: AUDIENCE, onBehalfOf: 'service', authorize: 'mint',
    }; // prettier-ignore
    const destinations: DestinationRecord[] = [
      minted,
      { ...minted, name: 'open', url: `${herald.origin}/open/`, authorize: 'none' },
      { ...minted, name: 'unbound', url: `${herald.origin}/unbound/`, bodyBinding: 'off' },
    ];
    census = await startApplication({
      adapter: () => new ExpressAdapter(),
      options: { ...censusOptions(issuer, issuer.keyStore), destinations },
      imports: [AuthorizedHttpModule],
    });
  });
  afterAll(async () => {
    await census.close();
    herald.close();
    await issuer.close();
  });
  beforeEach(() => {
    herald.tokens.length = census.decisions.length = 0;
  });

  /** Sends one call to a path of its own, and says what came of it. */
  async function play(behaviour: Behaviour, call: Omit<Call, 'url'> = {}, folder = '') {
    const path = `${folder}/${randomUUID()}`;
    behaviours.set(path, behaviour);
    const { status, text } = await client.send(census.nest, { url: herald.origin + path, ...call });
    return { status, text, attempts: herald.attempts.get(path) ?? 0, handled: herald.handled.get(path) ?? 0 };
  }

  it.each(REFUSALS)('with 401 %s is made once more only if a new token can mend that', async (code) => {
    for (const method of ['GET', 'POST']) {
      const played = await play(refusing(code, AUDIENCE), { method });
      const again = { status: 200, text: 'done', attempts: 2, handled: 1 };
      const asItIs = { status: 401, attempts: 1, handled: 0 };
      expect(played).toMatchObject(MENDABLE.includes(code) ? again : asItIs);
    }
  });

  it('is made once more with a new token, and both are recorded', async () => {
    await play(refusing('token_expired', AUDIENCE));
    const [first, second] = herald.tokens;
    expect(first).toMatch(/^Bearer eyJ/);
    expect(second).toMatch(/^Bearer eyJ/);
    expect(first).not.toBe(second);
    expect(census.decisions).toMatchObject([{ decision: 'allowed' }, { retriedAfter: 'token_expired' }]);
    expect(census.decisions[0]).not.toHaveProperty('retriedAfter');
    expect(census.decisions[0]!.tokenIdHash).not.toBe(census.decisions[1]!.tokenIdHash);
  });

  it('uses the new token for the calls that follow', async () => {
    await play(refusing('key_unknown', AUDIENCE));
    await play(ok);
    expect(herald.tokens[2]).toBe(herald.tokens[1]);
  });

  it('every time is made twice, and the last answer is handed on', async () => {
    const always: Behaviour = (response) => {
      refuse(response, 'token_expired', AUDIENCE);
      return 'not handled';
    };
    const played = await play(always);
    expect(played).toMatchObject({ status: 401, attempts: 2, handled: 0 });
    expect(played.text).toContain('token_expired');
  });

  it.each<[string, Behaviour]>([
    ['403 with that code', refusing('token_expired', AUDIENCE, { status: 403 })],
    ['a code that it made up', refusing('constructor', AUDIENCE)],
    ['the type of another vocabulary', refusing('token_expired', AUDIENCE, { type: 'about:blank' })],
    [
      'a body that only looks like a problem',
      refusing('token_expired', AUDIENCE, { contentType: 'application/json' }),
    ],
    [
      'the refusal of a service that it called itself',
      refusing('token_expired', AUDIENCE, { realm: 'https://c.service/' }),
    ],
    ['a problem above 64 KiB', refusing('token_expired', AUDIENCE, { padding: 70_000 })],
  ])('with %s is not made again, and the answer can be read', async (_what, behaviour) => {
    const played = await play(behaviour, { method: 'POST', body: 'x' });
    expect(played).toMatchObject({ attempts: 1, handled: 0 });
    expect((JSON.parse(played.text) as { code: string }).code).toMatch(/token_expired|constructor/);
    if (played.text.length > 65_536) expect(played.text).toContain('x'.repeat(70_000));
  });

  it('is not made again where there is no token to renew', async () => {
    expect(await play(refusing('token_expired', AUDIENCE), {}, '/open')).toMatchObject({ attempts: 1 });
  });

  it('is made again with a stream that was read before, not with one that was passed through', async () => {
    const call = { method: 'POST', body: undefined };
    const read = await play(refusing('token_expired', AUDIENCE), { ...call, body: Readable.from(['x']) });
    expect(read).toMatchObject({ status: 200, attempts: 2, handled: 1 });
    const passed = await play(
      refusing('token_expired', AUDIENCE),
      { ...call, body: Readable.from(['x']) },
      '/unbound',
    );
    expect(passed).toMatchObject({ status: 401, attempts: 1, handled: 0 });
  });

  it('as a POST is never handled twice, over 1,000 faults before and after the handler', async () => {
    const problem = (code: string): Behaviour => refusing(code, AUDIENCE);
    const after =
      (fail: (response: ServerResponse) => void): Behaviour =>
      (response, attempt) => {
        if (attempt > 1) return ok(response);
        fail(response);
        return 'handled';
      };
    const faults: readonly Behaviour[] = [
      ...MENDABLE.map(problem),
      ...['token_replayed', 'body_mismatch', 'audience_mismatch'].map(problem),
      (response) => (response.destroy(), 'not handled'),
      (response) => (response.writeHead(503).end(), 'not handled'),
      after((response) => response.destroy()),
      after((response) => response.writeHead(500).end('{}')),
      after((response) => response.writeHead(401).end('no')),
      after((response) =>
        response.writeHead(401, { 'Content-Type': 'application/problem+json' }).end('{"status":401}'),
      ),
      after((response) => refuse(response, 'token_expired', AUDIENCE, { realm: 'https://census.service/' })),
      after((response) => refuse(response, 'token_expired', AUDIENCE, { status: 500 })),
      after((response) => refuse(response, 'token_replayed', AUDIENCE)),
      after((response) => void response.write('half', () => response.destroy())),
    ];
    const played: { attempts: number; handled: number }[] = [];
    for (let round = 0; played.length < 1000; round += 1) {
      const batch = faults.map(async (fault, index) => {
        const path = `/post/${String(round)}/${String(index)}`;
        behaviours.set(path, fault);
        const body = randomUUID();
        await client
          .send(census.nest, { url: herald.origin + path, method: 'POST', body })
          .catch(() => undefined);
        return { attempts: herald.attempts.get(path) ?? 0, handled: herald.handled.get(path) ?? 0 };
      });
      played.push(...(await Promise.all(batch)));
    }
    expect(played.filter(({ handled }) => handled > 1)).toEqual([]);
    expect(played.filter(({ attempts }) => attempts === 2)).toHaveLength(
      (played.length / faults.length) * MENDABLE.length,
    );
    expect(Math.max(...played.map(({ attempts }) => attempts))).toBe(2);
  });
});

describe('an answer that axios is to hand over as a stream', () => {
  it.each([0, 200_000])('can be read after it was looked at (%i bytes more)', async (padding) => {
    const issuer = await TestIssuer.start({ issuer: 'https://gateway.service/' });
    const herald = await startFickleService(() => (response) => {
      refuse(response, padding === 0 ? 'body_mismatch' : 'token_expired', AUDIENCE, { padding });
      return 'not handled';
    });
    const census = await startApplication({
      adapter: () => new ExpressAdapter(),
      options: {
        ...censusOptions(issuer, issuer.keyStore),
        destinations: [
          {
            name: 'herald',
            url: herald.origin,
            audience: AUDIENCE,
            onBehalfOf: 'service',
            authorize: 'mint',
          },
        ],
      },
      imports: [AuthorizedHttpModule],
    });
    try {
      const { axiosRef } = census.nest.get(HttpService, { strict: false });
      const options = { responseType: 'stream', validateStatus: () => true } as const;
      const response = await axiosRef.get<Readable>(herald.origin, options);
      const pieces: Buffer[] = [];
      for await (const piece of response.data) pieces.push(piece as Buffer);
      const problem = JSON.parse(Buffer.concat(pieces).toString()) as { padding: string };
      expect(problem.padding).toHaveLength(padding);
      expect(herald.tokens).toHaveLength(1);
    } finally {
      await census.close();
      herald.close();
      await issuer.close();
    }
  });
});
