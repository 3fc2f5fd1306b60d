import { AsyncResource } from 'node:async_hooks';
import { Agent, type IncomingMessage, type Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { Body, Controller, Get, Injectable, Post, Query, Req } from '@nestjs/common';
import { Authenticated, AuthorizedFetch, Public, RequestScope } from '@countersign/nestjs';
import { TestIssuer } from '@countersign/testing';
import {
  ADAPTERS,
  censusOptions,
  SERVICE,
  startApplication,
  type Application,
} from '../support/application.js';
import { bearer, send } from '../support/http.js';

/** A service deep in the application that knows nothing of requests. */
@Injectable()
class Deep {
  constructor(
    private readonly scope: RequestScope,
    private readonly authorizedFetch: AuthorizedFetch,
  ) {}

  async who(): Promise<string> {
    await delay(Math.random() * 5);
    return this.scope.principal?.subject ?? 'nobody';
  }

  async ask(origin: string): Promise<unknown> {
    await delay(Math.random() * 20);
    const response = await this.authorizedFetch.fetch(new URL('/echo', origin));
    await delay(Math.random() * 20);
    return response.json();
  }
}

@Controller()
class ScopeController {
  constructor(private readonly deep: Deep) {}

  @Get('who')
  @Authenticated()
  who() {
    return this.deep.who();
  }

  @Post('who')
  @Authenticated()
  async whoWrites(@Body() body: { readonly name?: string }) {
    return `${await this.deep.who()} ${body.name ?? ''}`;
  }

  @Get('public')
  @Public()
  anybody() {
    return this.deep.who();
  }

  @Get('ask')
  @Authenticated()
  ask(@Query('origin') origin: string) {
    return this.deep.ask(origin);
  }

  @Get('socket')
  @Public()
  socket(@Req() request: IncomingMessage | { readonly raw: IncomingMessage }) {
    return String(('raw' in request ? request.raw : request).socket.remotePort);
  }
}

@Controller('echo')
class EchoController {
  constructor(private readonly scope: RequestScope) {}

  @Get()
  @Authenticated('user')
  async echo() {
    await delay(Math.random() * 10);
    const principal = this.scope.principal;
    return {
      subject: principal?.subject,
      transactionId: principal?.transactionId,
      actors: principal?.actors,
    };
  }
}

describe.each(ADAPTERS)('the scope of a request over $name', ({ adapter }) => {
  let gateway: TestIssuer;
  let heraldKeys: TestIssuer;
  let census: Application;
  let herald: Application;
  const heraldService = 'https://herald.service/';

  beforeAll(async () => {
    gateway = await TestIssuer.start({ issuer: 'https://gateway.service/' });
    heraldKeys = await TestIssuer.start({ issuer: heraldService });
    const actsFor = [`${SERVICE}user/`];
    census = await startApplication({
      adapter,
      options: {
        ...censusOptions(heraldKeys, heraldKeys.keyStore),
        trust: [heraldKeys.trustRecord({ actsFor })],
      },
      controllers: [EchoController],
    });
    herald = await startApplication({
      adapter,
      options: {
        service: heraldService,
        trust: [gateway.trustRecord({ actsFor })],
        keys: heraldKeys.keyStore,
        destinations: [
          { name: 'census', url: census.origin, audience: SERVICE, onBehalfOf: 'user', authorize: 'mint' },
        ],
      },
      controllers: [ScopeController],
      providers: [Deep],
    });
  });
  afterAll(async () => {
    await Promise.all([herald.close(), census.close(), gateway.close(), heraldKeys.close()]);
  });

  const user = (id: number) => `${SERVICE}user/${String(id)}/`;
  const tokenOf = (id: number, claims: object = {}) =>
    gateway.token({ audience: heraldService, claims: { sub: user(id), ...claims } });

  it('holds the principal for services deep in the application', async () => {
    expect((await send(herald.origin, { path: '/who', headers: [bearer(await tokenOf(1))] })).text).toBe(
      user(1),
    );
  });

  it('holds it after a body was read, in one piece or in many', async () => {
    const body = JSON.stringify({ name: 'x'.repeat(200) });
    const bind = { method: 'POST', url: '/who', body };
    for (const framing of [
      { body },
      { pieces: body.match(/.{1,20}/g)!.map((piece) => Buffer.from(piece)) },
    ]) {
      const token = await gateway.token({ audience: heraldService, bind, claims: { sub: user(1) } });
      const headers = [bearer(token), ['Content-Type', 'application/json']] as const;
      const answer = await send(herald.origin, { method: 'POST', path: '/who', headers, ...framing });
      expect(answer.text).toBe(`${user(1)} ${'x'.repeat(200)}`);
    }
  });

  it('ends with the request: the next one on the same connection is nobody', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    try {
      const before = await send(herald.origin, { path: '/socket', agent });
      const alice = await send(herald.origin, { path: '/who', headers: [bearer(await tokenOf(1))], agent });
      const nobody = await send(herald.origin, { path: '/public', agent });
      const bob = await send(herald.origin, { path: '/who', headers: [bearer(await tokenOf(2))], agent });
      const refused = await send(herald.origin, { path: '/who', agent });
      const after = await send(herald.origin, { path: '/socket', agent });
      expect([alice.text, nobody.text, bob.text, refused.status]).toEqual([user(1), 'nobody', user(2), 401]);
      expect(after.text).toBe(before.text);
    } finally {
      agent.destroy();
    }
  });

  it('belongs to one request: fifty users who call out at once are never mixed up', async () => {
    herald.decisions.length = census.decisions.length = 0;
    const answers = await Promise.all(
      Array.from({ length: 50 }, async (_, id) => {
        const token = await tokenOf(id, { txn: `txn-${String(id)}` });
        const path = `/ask?origin=${encodeURIComponent(census.origin)}`;
        return (await send(herald.origin, { path, headers: [bearer(token)] })).json;
      }),
    );
    expect(answers).toEqual(
      answers.map((_, id) => ({
        subject: user(id),
        transactionId: `txn-${String(id)}`,
        actors: [heraldService, gateway.issuer],
      })),
    );
    const of = (records: typeof herald.decisions, direction: string) =>
      records.filter((record) => record.direction === direction);
    expect(of(herald.decisions, 'inbound')).toHaveLength(50);
    expect(of(herald.decisions, 'outbound')).toHaveLength(50);
    expect(of(census.decisions, 'inbound')).toHaveLength(50);
    for (const sent of of(herald.decisions, 'outbound')) {
      const seen = census.decisions.find(({ tokenIdHash }) => tokenIdHash === sent.tokenIdHash);
      expect(seen).toMatchObject({
        subject: sent.subject,
        transactionId: sent.transactionId,
        keyId: sent.keyId,
      });
    }
  });

  it('does not reach what runs outside of a request: a call for a user fails there', async () => {
    const deep = herald.nest.get(Deep);
    expect(await deep.who()).toBe('nobody');
    await expect(deep.ask(census.origin)).rejects.toMatchObject({ code: 'user_context_missing' });
  });

  it('is entered again when a middleware or a hook of the application left it', async () => {
    // As a pool of connections does: it calls back in the scope in which it was made.
    const pool = new AsyncResource('pool');
    const leave = (_request: unknown, _response: unknown, next: () => void) => pool.runInAsyncScope(next);
    const other = await startApplication({
      adapter,
      options: { ...censusOptions(gateway, gateway.keyStore), trust: [gateway.trustRecord()] },
      controllers: [ScopeController],
      providers: [Deep],
      prepare(nest) {
        const instance: { addHook?: (name: string, hook: typeof leave) => void } = nest
          .getHttpAdapter()
          .getInstance();
        if (instance.addHook === undefined) nest.use(leave);
        else instance.addHook('onRequest', leave);
      },
    });
    try {
      const headers = [bearer(await gateway.token({ audience: SERVICE }))];
      expect((await send(other.origin, { path: '/who', headers })).text).toBe(gateway.issuer);
    } finally {
      await other.close();
    }
  });

  it('does not stay on the connection: nobody is there when the next request begins', async () => {
    const scope = herald.nest.get(RequestScope);
    const server: Server = herald.nest.getHttpServer();
    const seen: unknown[] = [];
    const look = () => seen.push(scope.principal);
    server.prependListener('request', look);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    try {
      const headers = [bearer(await tokenOf(1))];
      await send(herald.origin, { path: '/who', headers, agent });
      await send(herald.origin, { path: '/public', agent });
      await send(herald.origin, { path: '/public', agent });
      expect(seen).toEqual([undefined, undefined, undefined]);
    } finally {
      server.off('request', look);
      agent.destroy();
    }
  });
});
