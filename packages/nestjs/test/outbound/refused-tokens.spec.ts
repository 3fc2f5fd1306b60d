import { Controller, Get, Post } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { createFixedClock, type FixedClock } from '@countersign/core';
import { Authenticated } from '@countersign/nestjs';
import { AuthorizedHttpModule } from '@countersign/nestjs/axios';
import { TestIssuer } from '@countersign/testing';
import { SERVICE, startApplication, type Application } from '../support/application.js';
import { CLIENTS } from '../support/clients.js';
import { refuse, startFickleService, type FickleService } from '../support/fickle-service.js';
import { startOpaqueTokenServer, type OpaqueTokenServer } from '../support/opaque-token-server.js';

let handled = 0;

@Controller('order')
class OrderController {
  @Get()
  @Authenticated()
  list() {
    handled += 1;
  }

  @Post()
  @Authenticated()
  write() {
    handled += 1;
  }
}

describe.each(CLIENTS)('a token from an authorization server, in calls by $name', (client) => {
  let keys: TestIssuer;
  let server: OpaqueTokenServer;
  let census: Application;
  let foreign: FickleService;
  let herald: Application;
  let clock: FixedClock;
  let isRefusing: boolean;
  /** Whether the other service refuses as one with Countersign does. */
  let isCountersign: boolean;

  beforeEach(async () => {
    keys = await TestIssuer.start({ issuer: 'https://herald.service/' });
    server = await startOpaqueTokenServer(SERVICE);
    clock = createFixedClock(Math.floor(Date.now() / 1000));
    isRefusing = false;
    isCountersign = false;
    handled = 0;
    const atServer = { clientAuthentication: 'client_secret_basic', clientSecret: 'x' } as const;
    census = await startApplication({
      adapter: () => new ExpressAdapter(),
      controllers: [OrderController],
      options: {
        service: SERVICE,
        keys: keys.keyStore,
        trust: [
          {
            name: 'idp',
            issuer: server.issuer,
            introspection: { clientId: 'census', ...atServer, cacheSeconds: 0 },
          },
        ],
      },
    });
    foreign = await startFickleService(() => (response) => {
      if (isCountersign) return (refuse(response, 'token_inactive', SERVICE), 'not handled');
      if (!isRefusing) return (response.end('done'), 'handled');
      response.writeHead(401, { 'WWW-Authenticate': 'Bearer error="invalid_token"' }).end('no');
      return 'not handled';
    });
    const destination = {
      audience: SERVICE,
      onBehalfOf: 'service',
      authorize: 'clientCredentials',
      authorizationServer: { issuer: server.issuer, clientId: 'herald', ...atServer },
    } as const;
    herald = await startApplication({
      adapter: () => new ExpressAdapter(),
      options: {
        service: keys.issuer,
        keys: keys.keyStore,
        trust: [{ ...keys.trustRecord(), name: 'gateway', issuer: 'https://gateway.service/' }],
        clock,
        destinations: [
          { name: 'census', url: census.origin, ...destination },
          { name: 'foreign', url: foreign.origin, ...destination },
        ],
      },
      imports: [AuthorizedHttpModule],
    });
  });
  afterEach(async () => {
    await herald.close();
    foreign.close();
    await census.close();
    await server.close();
    await keys.close();
  });

  const statusOf = async (origin: string, method = 'GET') =>
    (await client.send(herald.nest, { url: `${origin}/order`, method })).status;

  it.each(['GET', 'POST'])(
    'that was revoked costs a %s to Countersign one retry and no failure',
    async (method) => {
      const good = method === 'GET' ? 200 : 201;
      expect(await statusOf(census.origin, method)).toBe(good);
      server.revoked.add(server.issued[0]!);
      expect([await statusOf(census.origin, method), await statusOf(census.origin, method)]).toEqual([
        good,
        good,
      ]);
      expect([server.issued.length, handled]).toEqual([2, 3]);
      expect(herald.decisions.map(({ retriedAfter }) => retriedAfter)).toEqual([
      undefined, undefined, 'token_inactive', undefined,
    ]); // prettier-ignore
    },
  );

  it('that another service refuses is not sent to it again, and that call is not made again', async () => {
    expect(await statusOf(foreign.origin)).toBe(200);
    isRefusing = true;
    expect(await statusOf(foreign.origin)).toBe(401);
    expect(foreign.attempts.get('/order')).toBe(2);
    isRefusing = false;
    expect(await statusOf(foreign.origin)).toBe(200);
    expect(foreign.tokens).toEqual(['1', '1', '2'].map((number) => `Bearer opaque-token-${number}`));
  });

  it('that is refused when no other can be had is not sent twice: the refusal is handed on', async () => {
    expect(await statusOf(foreign.origin)).toBe(200);
    await server.close();
    isCountersign = true;
    expect(await statusOf(foreign.origin)).toBe(401);
    expect(foreign.attempts.get('/order')).toBe(2);
  });

  it('is asked for once, and then every 30 seconds, for a service that refuses every one', async () => {
    isRefusing = true;
    for (let second = 0; second < 60; second += 1) {
      await Promise.all(Array.from({ length: 5 }, () => statusOf(foreign.origin)));
      clock.advance(1);
    }
    expect(foreign.attempts.get('/order')).toBe(300);
    expect(server.issued.length).toBe(3);
  });

  it('is not asked for by each call to Countersign that finds it revoked at once', async () => {
    expect(await statusOf(census.origin)).toBe(200);
    server.revoked.add('opaque-token-1').add('opaque-token-2');
    for (let i = 0; i < 20; i += 1) expect(await statusOf(census.origin)).toBe(401);
    expect([server.issued.length, handled]).toEqual([2, 1]);
    clock.advance(30);
    expect(await statusOf(census.origin)).toBe(200);
    expect(server.issued.length).toBe(3);
  });
});
