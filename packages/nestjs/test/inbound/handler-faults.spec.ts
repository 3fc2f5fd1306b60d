import { Controller, Get, Post } from '@nestjs/common';
import { CountersignError, FAULTS, type FaultCode } from '@countersign/core';
import { Authenticated, Public } from '@countersign/nestjs';
import { AuthorizedHttpModule } from '@countersign/nestjs/axios';
import { TestIssuer } from '@countersign/testing';
import {
  ADAPTERS,
  censusOptions,
  SERVICE,
  startApplication,
  type Application,
} from '../support/application.js';
import { CLIENTS } from '../support/clients.js';
import { bearer, send } from '../support/http.js';
import { expectRefusal } from '../support/refusals.js';

let thrown: FaultCode = 'token_expired';
let ran = 0;

/** Runs, and then refuses, as the guards would have. */
function runAndThrow(): never {
  ran += 1;
  throw new CountersignError(thrown, 'thrown by the handler');
}

@Controller()
class ThrowingController {
  @Get('public')
  @Public()
  anybody() {
    runAndThrow();
  }

  @Get('guarded')
  @Authenticated()
  read() {
    runAndThrow();
  }

  @Post('guarded')
  @Authenticated()
  write() {
    runAndThrow();
  }
}

const UNAUTHENTICATED = (Object.keys(FAULTS) as FaultCode[]).filter(
  (code) => FAULTS[code].kind === 'unauthenticated',
);

describe.each(ADAPTERS)('a fault that a handler throws over $name', ({ adapter }) => {
  let herald: TestIssuer;
  let census: Application;

  beforeAll(async () => {
    herald = await TestIssuer.start({ issuer: 'https://herald.service/' });
    census = await startApplication({
      adapter,
      options: censusOptions(herald, herald.keyStore),
      controllers: [ThrowingController],
    });
  });
  afterAll(async () => {
    await census.close();
    await herald.close();
  });
  beforeEach(() => {
    ran = 0;
  });

  it.each(UNAUTHENTICATED)('is never answered 401, which says that it did not run: %s', async (code) => {
    thrown = code;
    const headers = [bearer(await herald.token({ audience: SERVICE }))];
    for (const path of ['/guarded', '/public']) {
      const answer = await send(census.origin, { path, headers });
      expectRefusal(answer, { status: 500, code, challenge: undefined });
    }
    expect(ran).toBe(2);
  });

  it('is answered 403 as ever when it is about what the principal may do', async () => {
    thrown = 'policy_refused';
    expect((await send(census.origin, { path: '/public' })).status).toBe(403);
  });

  it.each(CLIENTS)('is not a reason to call again by $name', async (client) => {
    const caller = await startApplication({
      adapter,
      options: {
        ...censusOptions(herald, herald.keyStore),
        service: herald.issuer,
        trust: [
          { name: 'nobody', issuer: 'https://nobody.service/', keys: { jwks: herald.keyStore.publicKeys() } },
        ],
        destinations: [
          { name: 'census', url: census.origin, audience: SERVICE, onBehalfOf: 'service', authorize: 'mint' },
        ],
      },
      imports: [AuthorizedHttpModule],
    });
    try {
      thrown = 'token_expired';
      const answer = await client.send(caller.nest, {
        url: `${census.origin}/guarded`,
        method: 'POST',
        body: '',
      });
      expect([answer.status, ran]).toEqual([500, 1]);
    } finally {
      await caller.close();
    }
  });
});
