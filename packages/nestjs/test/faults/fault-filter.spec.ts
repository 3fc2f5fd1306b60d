import {
  type ArgumentsHost,
  Catch,
  ConsoleLogger,
  Controller,
  type ExceptionFilter,
  Get,
  Logger,
  Post,
} from '@nestjs/common';
import { HttpAdapterHost, NestFactory } from '@nestjs/core';
import { CountersignError, FAULTS, type FaultCode, type ReplayStore } from '@countersign/core';
import { answerFault, Authenticated, CountersignModule, Public } from '@countersign/nestjs';
import { TestIssuer } from '@countersign/testing';
import { ADAPTERS, censusOptions, SERVICE, type Application } from '../support/application.js';
import { useApplication } from '../support/hooks/use-application.js';
import { useStart } from '../support/hooks/use-start.js';
import { bearer, send } from '../support/http.js';
import { CHALLENGE, expectRefusal } from '../support/refusals.js';

const SECRET = 'what the library said';
let ran = 0;

@Controller()
class FaultController {
  @Get('throws')
  @Public()
  throws() {
    throw new CountersignError('destination_unknown', SECRET, { cause: new Error(SECRET) });
  }

  @Get('scopes')
  @Public()
  scopes() {
    throw new CountersignError('scope_missing', SECRET, { requiredScopes: ['a"b\\', 'c\r\nd', 'é'] });
  }

  @Get('unknown')
  @Public()
  unknown() {
    throw new Error(SECRET);
  }

  @Get('guarded')
  @Authenticated()
  guarded() {
    ran += 1;
  }

  @Post('guarded')
  @Authenticated()
  write() {
    ran += 1;
  }
}

describe.each(ADAPTERS)('a fault over $name', ({ adapter }) => {
  let herald: TestIssuer;
  let census: Application;
  let storeFails = false;
  const startApplication = useStart();
  const used = new Set<string>();
  const replayStore: ReplayStore = {
    async firstUse(key) {
      if (storeFails) throw new Error(SECRET);
      return used.size < used.add(key).size;
    },
  };

  useApplication({ adapter, controllers: [FaultController], options: () => ({ replayStore }) }, (started) => {
    ({ issuer: herald, census } = started);
  });
  beforeEach(() => {
    ran = 0;
    storeFails = false;
  });

  it('that a handler throws is answered with its code and its sentence, and nothing more', async () => {
    const answer = await send(census.origin, { path: '/throws' });
    expectRefusal(answer, { status: 500, code: 'destination_unknown', challenge: undefined });
    expect(answer.json['title']).toBe(FAULTS.destination_unknown.title);
    expect(answer.text).not.toContain(SECRET);
  });

  it('names missing scopes in the characters that a challenge may hold', async () => {
    const answer = await send(census.origin, { path: '/scopes' });
    expect(answer.headers['www-authenticate']).toBe(
      `${CHALLENGE.bare}, error="insufficient_scope", scope="ab cd "`,
    );
  });

  it('is not what an unknown exception becomes', async () => {
    const answer = await send(census.origin, { path: '/unknown' });
    expect(answer.status).toBe(500);
    expect(answer.json['code']).toBeUndefined();
  });

  it('of our own key supply is 503, without a challenge: the token may be perfectly good', async () => {
    const down = await TestIssuer.start({ issuer: 'https://down.service/' });
    const other = await startApplication({
      adapter,
      options: { ...censusOptions(herald, herald.keyStore), trust: [down.trustRecord()] },
      controllers: [FaultController],
    });
    const headers = [bearer(await down.token({ audience: SERVICE }))];
    await down.close();
    const answer = await send(other.origin, { path: '/guarded', headers });
    expectRefusal(answer, { status: 503, code: 'keys_unavailable', challenge: undefined });
    expect(Number(answer.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    expect(ran).toBe(0);
  });

  it('of the replay store is 503, and the token can be used when the store is back', async () => {
    const bind = { method: 'POST', url: '/guarded' };
    const wire = {
      method: 'POST',
      path: '/guarded',
      headers: [bearer(await herald.token({ audience: SERVICE, bind }))],
    };
    storeFails = true;
    const answer = await send(census.origin, wire);
    expectRefusal(answer, { status: 503, code: 'replay_store_unavailable', challenge: undefined });
    expect(ran).toBe(0);
    storeFails = false;
    expect((await send(census.origin, wire)).status).toBe(201);
    expect(ran).toBe(1);
  });

  it('is not meant for caches', async () => {
    expect((await send(census.origin, { path: '/guarded' })).headers['cache-control']).toBe('no-store');
  });

  it('can be answered by a filter of the application', async () => {
    @Catch()
    class EverythingFilter implements ExceptionFilter {
      constructor(private readonly host: HttpAdapterHost) {}
      catch(exception: unknown, host: ArgumentsHost) {
        const fault = exception instanceof CountersignError ? exception : undefined;
        const answer = fault && answerFault(fault, { service: SERVICE, instance: 'urn:uuid:1' });
        this.host.httpAdapter.reply(
          host.switchToHttp().getResponse(),
          { mine: answer?.problem.code },
          answer?.status ?? 500,
        );
      }
    }
    const other = await startApplication({
      adapter,
      options: censusOptions(herald, herald.keyStore),
      controllers: [FaultController],
      prepare: (nest) => void nest.useGlobalFilters(new EverythingFilter(nest.get(HttpAdapterHost))),
    });
    const answer = await send(other.origin, { path: '/guarded' });
    expect({ status: answer.status, json: answer.json }).toEqual({
      status: 401,
      json: { mine: 'token_missing' },
    });
  });

  it('is logged with its instance, and without the token', async () => {
    const lines: string[] = [];
    class Lines extends ConsoleLogger {
      protected override printMessages(messages: unknown[]) {
        lines.push(...messages.map((message) => JSON.stringify(message)));
      }
      protected override printAsJson(message: unknown) {
        lines.push(JSON.stringify(message));
      }
    }
    const root = {
      module: class Root {},
      imports: [CountersignModule.forRoot(censusOptions(herald, herald.keyStore))],
      controllers: [FaultController],
    };
    const nest = await NestFactory.create(root, adapter(), {
      logger: new Lines({ json: true }),
      abortOnError: false,
    });
    try {
      await nest.listen(0, '127.0.0.1');
      const origin = await nest.getUrl();
      const token = await herald.token({ audience: 'https://herald.service/' });
      const good = await herald.token({ audience: SERVICE });
      lines.length = 0;
      const thrown = await send(origin, { path: '/throws' });
      const refused = await send(origin, { path: '/guarded', headers: [bearer(token)] });
      await send(origin, { path: '/guarded', headers: [bearer(good)] });
      expect(lines).toHaveLength(3);
      expect(lines[0]).toContain(String(thrown.json['instance']));
      expect(lines[1]).toContain(String(refused.json['instance']));
      expect(lines[1]).toContain('audience_mismatch');
      expect(lines[2]).toContain('"decision":"allowed"');
      for (const line of lines) expect(line).not.toMatch(/eyJ/);
    } finally {
      await nest.close();
      Logger.overrideLogger(false);
    }
  });
});

describe('every fault code', () => {
  it.each(Object.keys(FAULTS) as FaultCode[])('%s has a status and a challenge that fit its kind', (code) => {
    const { kind, title } = FAULTS[code];
    const answer = answerFault(new CountersignError(code, SECRET), {
      service: SERVICE,
      instance: 'urn:uuid:1',
      thrownByHandler: false,
    });
    const statuses = {
      unauthenticated: [401],
      bad_request: [400, 413, 415],
      forbidden: [403],
      unavailable: [503],
      misconfigured: [500],
    };
    expect(statuses[kind]).toContain(answer.status);
    expect('WWW-Authenticate' in answer.headers).toBe(kind !== 'unavailable' && kind !== 'misconfigured');
    expect('Retry-After' in answer.headers).toBe(kind === 'unavailable');
    expect(answer.problem).toEqual({
      type: `urn:countersign:fault:${code}`, title, status: answer.status, code, instance: 'urn:uuid:1',
    }); // prettier-ignore
  });
});
