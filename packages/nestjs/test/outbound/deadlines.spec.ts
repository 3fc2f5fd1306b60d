import { Controller, Get, Inject, Injectable, Post, Query } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { Authenticated, Public, RequestScope } from '@countersign/nestjs';
import { type TestIssuer } from '@countersign/testing';
import { ADAPTERS, SERVICE, type Application } from '../support/application.js';
import { CLIENTS } from '../support/clients.js';
import { type CalledService } from '../support/called-service.js';
import { heraldAt, useCaller, type CallerOptions } from '../support/hooks/use-caller.js';
import { bearer, send } from '../support/http.js';

const HEADER = 'Countersign-Timeout-Ms';

/** What became of calls that a handler left behind when it answered. */
const afterwards: Promise<unknown>[] = [];

@Injectable()
class Calls {
  constructor(private readonly moduleRef: ModuleRef) {}

  async send(by: string, url: string): Promise<number> {
    const client = CLIENTS.find(({ name }) => name === by)!;
    const lookup = {
      get: (type: never, options: object) => this.moduleRef.get(type, { strict: false, ...options }),
    };
    return (await client.send(lookup as never, { url })).status;
  }
}

@Controller()
class DeadlineController {
  constructor(
    @Inject(Calls) private readonly calls: Calls,
    private readonly scope: RequestScope,
  ) {}

  @Get('call')
  @Authenticated()
  call(@Query('by') by: string, @Query('url') url: string) {
    return this.calls.send(by, url);
  }

  @Get('spend')
  @Authenticated()
  async spend(@Query('by') by: string, @Query('url') url: string) {
    while ((this.scope.remainingMs ?? 0) > 0) await new Promise((next) => setImmediate(next));
    return this.calls.send(by, url);
  }

  @Get('leave')
  @Authenticated()
  leave(@Query('by') by: string, @Query('url') url: string) {
    afterwards.push(
      (async () => {
        while ((this.scope.remainingMs ?? 0) > 0) await new Promise((next) => setImmediate(next));
        return this.calls.send(by, url);
      })(),
    );
  }

  @Get('left')
  @Authenticated()
  left() {
    return { ms: this.scope.remainingMs ?? 'no limit' };
  }

  @Post('anonymous')
  @Public()
  anonymous() {
    return { ms: this.scope.remainingMs ?? 'no limit' };
  }
}

describe.each(ADAPTERS)('over $name', ({ adapter }) => {
  let issuer: TestIssuer;
  let called: CalledService;
  let census: Application;

  const options: CallerOptions = ({ called: { origin } }) => {
    const herald = heraldAt(origin);
    return {
      destinations: [
        { ...herald, timeoutMs: 5000 },
        { ...herald, name: 'quick', url: `${origin}/quick/`, timeoutMs: 900 },
        { ...herald, name: 'open', url: `${origin}/open/`, authorize: 'none' },
      ],
    };
  };
  useCaller({ adapter, options, controllers: [DeadlineController], providers: [Calls] }, (started) => {
    ({ issuer, called, census } = started);
  });

  async function ask(path: string, ...limits: readonly string[]) {
    const headers = [
      bearer(await issuer.token({ audience: SERVICE })),
      ...limits.map((limit) => [HEADER, limit] as const),
    ];
    return send(census.origin, { path, headers });
  }
  const sentLimit = () => Number(called.received[0]!.headers[HEADER.toLowerCase()]);

  it.each(['x', '-1', '1.5', '1e3', '', '9999999999', ' ', '10, 20'])(
    'a limit that is none (%s) counts as not said',
    async (limit) => {
      expect((await ask('/left', limit)).json).toEqual({ ms: 'no limit' });
    },
  );

  it('two limits count as not said', async () => {
    expect((await ask('/left', '10', '20')).json).toEqual({ ms: 'no limit' });
  });

  it('the limit of somebody who is not authenticated counts as not said', async () => {
    const answer = await send(census.origin, {
      method: 'POST',
      path: '/anonymous',
      headers: [[HEADER, '10']],
    });
    expect(answer.json).toEqual({ ms: 'no limit' });
  });

  it('a handler sees what is left of its caller’s time', async () => {
    const { ms } = (await ask('/left', '3000')).json;
    expect(ms).toBeGreaterThan(0);
    expect(ms).toBeLessThanOrEqual(3000);
  });

  describe.each(CLIENTS)('a call by $name', ({ name }) => {
    const to = (path: string, target: string) =>
      `${path}?by=${name}&url=${encodeURIComponent(called.origin + target)}`;

    it('says how long it waits: as long as its destination may take', async () => {
      await ask(to('/call', '/'));
      expect(sentLimit()).toBeGreaterThan(1000);
      expect(sentLimit()).toBeLessThanOrEqual(5000);
    });

    it('says how long it waits: as long as our own caller does, when that is shorter', async () => {
      await ask(to('/call', '/'), '900');
      expect(sentLimit()).toBeGreaterThan(0);
      expect(sentLimit()).toBeLessThanOrEqual(900);
    });

    it('waits no longer because its own caller would', async () => {
      await ask(to('/call', '/quick/'), '60000');
      expect(sentLimit()).toBeLessThanOrEqual(900);
    });

    it('says nothing where it sends no token', async () => {
      await ask(to('/call', '/open/'), '900');
      expect(called.received[0]!.headers).not.toHaveProperty(HEADER.toLowerCase());
    });

    it('ends with its caller’s time, and that is answered as such', async () => {
      const answer = await ask(to('/call', '/never/'), '1000');
      expect([answer.status, answer.json['code']]).toEqual([503, 'deadline_exceeded']);
      expect(called.received).toHaveLength(1);
      expect(census.decisions.at(-1)).toMatchObject({ direction: 'outbound', code: 'deadline_exceeded' });
    });

    it('is not sent when nothing is left', async () => {
      for (const answer of [await ask(to('/call', '/'), '0'), await ask(to('/spend', '/'), '5')])
        expect([answer.status, answer.json['code']]).toEqual([503, 'deadline_exceeded']);
      expect(called.received).toEqual([]);
    });

    it('that goes on after the answer is limited by its destination only', async () => {
      expect((await ask(to('/leave', '/'), '3000')).status).toBe(200);
      expect(await afterwards.pop()).toBe(200);
      expect(sentLimit()).toBeLessThanOrEqual(5000);
    });
  });
});
