import { type ArgumentsHost, Catch, Controller, type ExceptionFilter, Get, Post } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { CountersignError, FAULTS, type FaultCode } from '@countersign/core';
import { answerFault, Authenticated, Public } from '@countersign/nestjs';
import { AuthorizedHttpModule } from '@countersign/nestjs/axios';
import { type TestIssuer } from '@countersign/testing';
import { ADAPTERS, censusOptions, SERVICE, type Application } from '../support/application.js';
import { CLIENTS } from '../support/clients.js';
import { useApplication } from '../support/hooks/use-application.js';
import { useStart } from '../support/hooks/use-start.js';
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
  const startApplication = useStart();

  useApplication({ adapter, controllers: [ThrowingController] }, (started) => {
    ({ issuer: herald, census } = started);
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

  it('is answered in the same way by a filter of the application', async () => {
    @Catch()
    class EverythingFilter implements ExceptionFilter<CountersignError> {
      constructor(private readonly host: HttpAdapterHost) {}
      catch(fault: CountersignError, host: ArgumentsHost) {
        const { status, problem } = answerFault(fault, { service: SERVICE, instance: 'urn:uuid:1' });
        this.host.httpAdapter.reply(host.switchToHttp().getResponse(), problem, status);
      }
    }
    const other = await startApplication({
      adapter,
      options: censusOptions(herald, herald.keyStore),
      controllers: [ThrowingController],
      prepare: (nest) => void nest.useGlobalFilters(new EverythingFilter(nest.get(HttpAdapterHost))),
    });
    thrown = 'token_expired';
    expect((await send(other.origin, { path: '/public' })).status).toBe(500);
    const headers = [bearer(await herald.token({ audience: SERVICE, claims: { exp: 1 } }))];
    const refused = await send(other.origin, { path: '/guarded', headers });
    expect([refused.status, ran]).toEqual([401, 1]);
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
    thrown = 'token_expired';
    const answer = await client.send(caller.nest, {
      url: `${census.origin}/guarded`,
      method: 'POST',
      body: '',
    });
    expect([answer.status, ran]).toEqual([500, 1]);
  });
});
