import {
  type ArgumentsHost,
  Catch,
  Controller,
  type ExceptionFilter,
  Get,
  HttpException,
  HttpStatus,
  Post,
  UseFilters,
} from '@nestjs/common';
import { BaseExceptionFilter, HttpAdapterHost } from '@nestjs/core';
import { CountersignError, type ReplayStore } from '@countersign/core';
import { answerFault, Authenticated, FaultException, Public, Scopes } from '@countersign/nestjs';
import { TestIssuer } from '@countersign/testing';
import {
  ADAPTERS,
  censusOptions,
  SERVICE,
  startApplication,
  type Application,
} from '../support/application.js';
import { bearer, send, type Answer } from '../support/http.js';
import { CHALLENGE, expectRefusal } from '../support/refusals.js';

const SECRET = 'the reason of the operator';
let ran = 0;

/** The filter of the chapter "Inheritance" in Nest's documentation. */
@Catch()
class AllExceptionsFilter extends BaseExceptionFilter {
  override catch(exception: unknown, host: ArgumentsHost) {
    super.catch(exception, host);
  }
}

/** The filter of the chapter "Catch everything". */
@Catch()
class CatchEverythingFilter implements ExceptionFilter {
  constructor(private readonly httpAdapterHost: HttpAdapterHost) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    const { httpAdapter } = this.httpAdapterHost;
    const ctx = host.switchToHttp();
    const httpStatus =
      exception instanceof HttpException ? exception.getStatus() : HttpStatus.INTERNAL_SERVER_ERROR;
    const responseBody = {
      statusCode: httpStatus,
      message: exception instanceof Error ? exception.message : undefined,
      path: httpAdapter.getRequestUrl(ctx.getRequest()) as unknown,
    };
    httpAdapter.reply(ctx.getResponse(), responseBody, httpStatus);
  }
}

/** A filter for errors that people see. */
@Catch(HttpException)
class PageFilter implements ExceptionFilter<HttpException> {
  constructor(private readonly httpAdapterHost: HttpAdapterHost) {}

  catch(exception: HttpException, host: ArgumentsHost): void {
    const { httpAdapter } = this.httpAdapterHost;
    const response: unknown = host.switchToHttp().getResponse();
    httpAdapter.setHeader(response, 'Content-Type', 'text/html; charset=utf-8');
    httpAdapter.reply(response, `<h1>${exception.message}</h1>`, exception.getStatus());
  }
}

/** A filter that gives faults the form of the house. */
@Catch(CountersignError)
class HouseStyleFilter implements ExceptionFilter<CountersignError> {
  constructor(private readonly httpAdapterHost: HttpAdapterHost) {}

  catch(fault: CountersignError, host: ArgumentsHost): void {
    const { httpAdapter } = this.httpAdapterHost;
    const response: unknown = host.switchToHttp().getResponse();
    const { status, headers, problem } = answerFault(fault, host);
    for (const [name, value] of Object.entries(headers)) httpAdapter.setHeader(response, name, value);
    const refused = fault instanceof FaultException;
    httpAdapter.reply(response, { error: problem.code, id: problem.instance, refused }, status);
  }
}

@Controller()
class FilteredController {
  @Get('guarded')
  @Scopes('user:read')
  guarded() {
    ran += 1;
  }

  @Post('guarded')
  @Authenticated()
  write() {
    ran += 1;
  }

  @Get('throws')
  @Public()
  throws() {
    throw new CountersignError('token_unavailable', SECRET);
  }
}

@Controller('page')
@Scopes('user:read')
@UseFilters(PageFilter)
class PageController {
  @Get()
  page() {
    ran += 1;
  }
}

describe.each(ADAPTERS)('a refusal over $name', ({ adapter }) => {
  let herald: TestIssuer;
  let storeFails = false;
  const replayStore: ReplayStore = {
    async firstUse() {
      if (storeFails) throw new Error(SECRET);
      return true;
    },
  };
  beforeAll(async () => {
    herald = await TestIssuer.start({ issuer: 'https://herald.service/' });
  });
  afterAll(() => herald.close());
  beforeEach(() => {
    ran = 0;
    storeFails = false;
  });

  async function withFilter(
    filter: ((host: HttpAdapterHost) => ExceptionFilter) | undefined,
    ask: (census: Application) => Promise<void>,
  ): Promise<void> {
    const census = await startApplication({
      adapter,
      options: { ...censusOptions(herald, herald.keyStore), replayStore, maxBodyBytes: 10 },
      controllers: [FilteredController, PageController],
      prepare: (nest) => {
        if (filter !== undefined) nest.useGlobalFilters(filter(nest.get(HttpAdapterHost)));
      },
    });
    try {
      await ask(census);
      expect(ran).toBe(0);
    } finally {
      await census.close();
    }
  }

  /** One refusal of each status. */
  async function refusals({ origin }: Application): Promise<Readonly<Record<number, Answer>>> {
    const read = async (claims: Readonly<Record<string, unknown>>) =>
      bearer(await herald.token({ audience: SERVICE, claims }));
    const write = async (body: string) => {
      const bind = { method: 'POST', url: '/guarded', body: Buffer.from(body) };
      const token = bearer(await herald.token({ audience: SERVICE, bind }));
      const headers: [string, string][] = [[...token], ['Content-Type', 'text/plain']];
      return send(origin, { method: 'POST', path: '/guarded', headers, body });
    };
    const answers = {
      401: await send(origin, { path: '/guarded' }),
      403: await send(origin, { path: '/guarded', headers: [await read({ scope: '' })] }),
      413: await write('eleven octets'),
      400: await send(origin, { path: '/guarded', headers: [['Authorization', 'Bearer a b']] }),
    };
    storeFails = true;
    return { ...answers, 503: await write('') };
  }

  const challenges = (answers: Readonly<Record<number, Answer>>) =>
    Object.values(answers).map(({ status, headers }) => [status, headers['www-authenticate']]);
  const EXPECTED = [
    [400, CHALLENGE.request],
    [401, CHALLENGE.bare],
    [403, `${CHALLENGE.bare}, error="insufficient_scope", scope="user:read"`],
    [413, CHALLENGE.request],
    [503, undefined],
  ];

  it('is a problem document behind a filter that passes everything to Nest', async () => {
    await withFilter(
      ({ httpAdapter }) => new AllExceptionsFilter(httpAdapter),
      async (census) => {
        const answers = await refusals(census);
        expect(challenges(answers)).toEqual(EXPECTED);
        expectRefusal(answers[401]!, { status: 401, code: 'token_missing', challenge: CHALLENGE.bare });
        expect(answers[503]?.headers['retry-after']).toBe('1');
        expect(census.decisions.map(({ instance }) => instance)).toContain(answers[401]?.json['instance']);
        for (const { text } of Object.values(answers)) expect(text).not.toContain(SECRET);
      },
    );
  });

  it('keeps its status and its challenge behind a filter that answers everything in a form of its own', async () => {
    await withFilter(
      (host) => new CatchEverythingFilter(host),
      async (census) => {
        const answers = await refusals(census);
        expect(challenges(answers)).toEqual(EXPECTED);
        expect(answers[401]?.json).toEqual({
          statusCode: 401,
          message: 'A token is required.',
          path: '/guarded',
        });
        expect(answers[401]?.headers['cache-control']).toBe('no-store');
        expect(answers[503]?.headers['retry-after']).toBe('1');
        for (const { text } of Object.values(answers)) expect(text).not.toContain(SECRET);
      },
    );
  });

  it('can be a page', async () => {
    await withFilter(undefined, async (census) => {
      const answer = await send(census.origin, { path: '/page' });
      expect([answer.status, answer.headers['content-type'], answer.text]).toEqual([
        401,
        'text/html; charset=utf-8',
        '<h1>A token is required.</h1>',
      ]);
      expect(answer.headers['www-authenticate']).toBe(CHALLENGE.bare);
    });
  });

  it('can be answered in another form, with the instance that is in the record', async () => {
    await withFilter(
      (host) => new HouseStyleFilter(host),
      async (census) => {
        const answer = await send(census.origin, { path: '/guarded' });
        const [record] = census.decisions;
        expect(answer.json).toEqual({ error: 'token_missing', id: record?.instance, refused: true });
        expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, CHALLENGE.bare]);
        const thrown = await send(census.origin, { path: '/throws' });
        const id = expect.stringMatching(/^urn:uuid:/) as unknown;
        expect(thrown.json).toEqual({ error: 'token_unavailable', id, refused: false });
        expect([thrown.status, thrown.headers['retry-after']]).toEqual([503, '1']);
      },
    );
  });
});
