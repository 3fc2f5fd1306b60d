import { EventEmitter, on } from 'node:events';
import { Controller, Get, Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { createFixedClock, type DestinationRecord } from '@countersign/core';
import { Authenticated, AuthorizedFetch } from '@countersign/nestjs';
import { TestIssuer } from '@countersign/testing';
import { censusOptions, SERVICE, startApplication, type Application } from '../support/application.js';
import { CLIENTS, type Call, type Client } from '../support/clients.js';
import { claimsOf, startCalledService, type CalledService } from '../support/called-service.js';
import { useCaller, type CallerOptions } from '../support/hooks/use-caller.js';
import { GATEWAY } from '../support/hooks/use-issuer.js';
import { bearer, send } from '../support/http.js';

const USER = `${SERVICE}user/21/`;

/** What handlers ask for: a call, now or by somebody else later. */
let wanted: { readonly client: Client; readonly call: Call };
/** Work that is done outside of the request that asked for it. */
const done: Promise<unknown>[] = [];
/** What work that is done later waits for. */
let released = Promise.resolve();

@Injectable()
class Caller {
  readonly #queue = new EventEmitter();

  constructor(private readonly moduleRef: ModuleRef) {
    void this.#work();
  }

  call(): Promise<unknown> {
    const lookup = { get: (type: never) => this.moduleRef.get(type, { strict: false }) };
    return wanted.client.send(lookup as never, wanted.call);
  }

  enqueue(): Promise<unknown> {
    return new Promise((resolve) => this.#queue.emit('job', resolve));
  }

  /** A worker that was there before any request, as those of queues and timetables are. */
  async #work(): Promise<void> {
    for await (const [settle] of on(this.#queue, 'job') as AsyncIterable<
      [(result: Promise<unknown>) => void]
    >)
      settle(this.call());
  }
}

@Controller()
class AskController {
  constructor(private readonly caller: Caller) {}

  @Get('now')
  @Authenticated()
  async now() {
    await this.caller.call();
  }

  @Get('queue')
  @Authenticated()
  async queue() {
    await this.caller.enqueue();
  }

  @Get('later')
  @Authenticated()
  later() {
    done.push(
      new Promise((resolve) => setTimeout(() => resolve(released.then(() => this.caller.call())), 1)),
    );
  }
}

describe.each(CLIENTS)('a call by $name', (client) => {
  const clock = createFixedClock(Math.floor(Date.now() / 1000));
  let issuer: TestIssuer;
  let called: CalledService;
  let census: Application;

  const options: CallerOptions = ({ called: { origin } }, gateway) => {
    const at = (name: string) => ({ name, url: `${origin}/${name}/`, scopes: ['user:read'] });
    const server = {
      issuer: 'https://idp.service/',
      clientId: 'census',
      clientAuthentication: 'private_key_jwt',
    } as const;
    const destinations: DestinationRecord[] = [
      { ...at('for-user'), onBehalfOf: 'user', authorize: 'mint' },
      { ...at('proven'), onBehalfOf: 'user', authorize: 'mint', delegationProof: true },
      { ...at('for-service'), onBehalfOf: 'service', authorize: 'mint' },
      { ...at('open'), onBehalfOf: 'user', authorize: 'none' },
      { ...at('propagated'), audience: 'https://x.service/', onBehalfOf: 'service', authorize: 'propagate' },
      {
        ...at('granted'),
        onBehalfOf: 'service',
        authorize: 'clientCredentials',
        authorizationServer: server,
      },
      { ...at('exchanged'), onBehalfOf: 'user', authorize: 'exchange', authorizationServer: server },
    ];
    const trust = [gateway.trustRecord({ scopes: ['user:read'], actsFor: [`${SERVICE}user/`] })];
    return { trust, destinations, clock };
  };
  const issuerOptions = { ...GATEWAY, clock };
  const providers = [Caller];
  useCaller({ issuer: issuerOptions, options, controllers: [AskController], providers }, (started) => {
    ({ issuer, called, census } = started);
  });

  async function ask(path: string, name: string, onBehalfOf?: 'user' | 'service', sub = USER) {
    const url = `${called.origin}/${name}/`;
    wanted = { client, call: onBehalfOf === undefined ? { url } : { url, onBehalfOf } };
    const token = await issuer.token({
      audience: SERVICE,
      claims: { sub, scope: 'user:read', txn: 'txn-1' },
    });
    return send(census.origin, { path, headers: [bearer(token)] });
  }
  const subjects = () => called.received.map((each) => claimsOf(each)['sub']);
  const codes = () =>
    census.decisions.filter(({ direction }) => direction === 'outbound').map(({ code }) => code);

  it.each(['for-user', 'for-service', 'proven'])(
    'is for whom the code says, whatever %s says',
    async (name) => {
      for (const onBehalfOf of ['user', 'service', 'user'] as const)
        expect((await ask('/now', name, onBehalfOf)).status).toBe(200);
      expect(subjects()).toEqual([USER, SERVICE, USER]);
      expect(claimsOf(called.received[1]!)).not.toHaveProperty('act');
      expect(claimsOf(called.received[1]!)).toMatchObject({ txn: 'txn-1' });
      const proofs = called.received.map(({ headers }) => headers['delegation-proof'] !== undefined);
      expect(proofs).toEqual(name === 'proven' ? [true, false, true] : [false, false, false]);
      expect(
        census.decisions.filter(({ direction }) => direction === 'outbound').map(({ proven }) => proven),
      ).toEqual(proofs);
    },
  );

  it.each([
    ['granted', 'user'],
    ['propagated', 'user'],
    ['exchanged', 'service'],
    ['open', 'service'],
  ] as const)('is not sent to %s for a %s, which it is not declared for', async (name, onBehalfOf) => {
    const answer = await ask('/now', name, onBehalfOf);
    expect([answer.status, answer.json['code'], called.received]).toEqual([500, 'config_invalid', []]);
  });

  it.each(['for-user', 'for-service', 'open', 'exchanged'])(
    'for a user is not sent to %s while a service is served, or nobody',
    async (name) => {
      if (name !== 'for-service')
        expect((await ask('/now', name, undefined, issuer.issuer)).status).toBe(name === 'open' ? 200 : 500);
      called.received.length = 0;
      expect((await ask('/now', name, 'user', issuer.issuer)).json['code']).toBe('user_context_missing');
      const call = { url: `${called.origin}/${name}/`, onBehalfOf: 'user' } as const;
      await expect(client.send(census.nest, call)).rejects.toMatchObject({ code: 'user_context_missing' });
      expect(called.received).toEqual([]);
    },
  );

  it.each(['for-user', 'for-service'])('for a user that a queue lost is not sent to %s', async (name) => {
    const answer = await ask('/queue', name, 'user');
    expect([answer.status, answer.json['code']]).toEqual([500, 'user_context_missing']);
    expect(called.received).toEqual([]);
    expect(codes()).toEqual(['user_context_missing']);
  });

  it('for this service itself is sent by a queue, too', async () => {
    expect((await ask('/queue', 'for-user', 'service')).status).toBe(200);
    expect(subjects()).toEqual([SERVICE]);
  });

  it('by a timer that a request started is still for its own user, while the user’s token lives', async () => {
    expect((await ask('/later', 'for-user', 'user')).status).toBe(200);
    await done.pop();
    expect(subjects()).toEqual([USER]);
    let release: () => void = () => undefined;
    released = new Promise((resolve) => {
      release = resolve;
    });
    expect((await ask('/later', 'for-user', 'user')).status).toBe(200);
    clock.advance(61);
    release();
    await expect(done.pop()).rejects.toMatchObject({ code: 'caller_token_expired' });
    expect(subjects()).toEqual([USER]);
  });

  it('by a timetable has no user', async () => {
    const seen = new Promise((resolve) => {
      const timer = setInterval(() => {
        clearInterval(timer);
        const call = { url: `${called.origin}/for-user/`, onBehalfOf: 'user' } as const;
        resolve(client.send(census.nest, call));
      }, 1);
    });
    await expect(seen).rejects.toMatchObject({ code: 'user_context_missing' });
    expect(called.received).toEqual([]);
  });
});

it('AuthorizedFetch has a verb for each', async () => {
  const issuer = await TestIssuer.start({ issuer: 'https://gateway.service/' });
  const called = await startCalledService();
  const census = await startApplication({
    adapter: () => new ExpressAdapter(),
    options: {
      ...censusOptions(issuer, issuer.keyStore),
      destinations: [{ name: 'herald', url: called.origin, onBehalfOf: 'user', authorize: 'mint' }],
    },
  });
  try {
    const authorized = census.nest.get(AuthorizedFetch);
    await expect(authorized.forUser(called.origin)).rejects.toMatchObject({ code: 'user_context_missing' });
    expect((await authorized.forService(called.origin, { method: 'POST', body: 'x' })).status).toBe(200);
    expect(called.received.map(({ method, body }) => [method, body.toString()])).toEqual([['POST', 'x']]);
  } finally {
    await census.close();
    called.close();
    await issuer.close();
  }
});
