import { readFile } from 'node:fs/promises';
import {
  Controller,
  type ExceptionFilter,
  Get,
  type INestApplication,
  Post,
  UseFilters,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { CountersignError, FAULTS, type ReplayStore } from '@countersign/core';
import { Authenticated, FaultFilter, Public, Scopes } from '@countersign/nestjs';
import { type TestIssuer } from '@countersign/testing';
import { ADAPTERS, censusOptions, SERVICE, type Application } from '../support/application.js';
import { HouseStyleFilter } from '../handlers/program/application/house-style.filter.js';
import { HERALD, useIssuer } from '../support/hooks/use-issuer.js';
import { useStart } from '../support/hooks/use-start.js';
import {
  AllExceptionsFilter,
  answered,
  CarefulFilter,
  CatchEverythingFilter,
  LoggingFilter,
  PageFilter,
  ReadingFilter,
} from '../support/house-filters.js';
import { bearer, send, type Answer } from '../support/http.js';
import { CHALLENGE, expectRefusal } from '../support/refusals.js';

const SECRET = 'the reason of the operator';
let ran = 0;

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
  const startApplication = useStart();
  const replayStore: ReplayStore = {
    async firstUse() {
      if (storeFails) throw new Error(SECRET);
      return true;
    },
  };
  useIssuer(HERALD, (issuer) => void (herald = issuer));
  beforeEach(() => {
    ran = 0;
    storeFails = false;
  });

  async function withFilter(
    filter: ((host: HttpAdapterHost, nest: INestApplication) => ExceptionFilter) | undefined,
    ask: (census: Application) => Promise<void>,
  ): Promise<void> {
    const census = await startApplication({
      adapter,
      options: { ...censusOptions(herald, herald.keyStore), replayStore, maxBodyBytes: 10 },
      controllers: [FilteredController, PageController],
      prepare: (nest) => {
        if (filter !== undefined) nest.useGlobalFilters(filter(nest.get(HttpAdapterHost), nest));
      },
    });
    await ask(census);
    expect(ran).toBe(0);
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
      expect([answer.status, answer.text]).toEqual([401, '<h1>A token is required.</h1>']);
      expect(answer.headers['content-type']).toMatch(/^text\/(html|plain); charset=utf-8$/);
      expect(answer.headers['www-authenticate']).toBe(CHALLENGE.bare);
    });
  });

  it('is no problem document behind a filter that puts the problem into a document of its own', async () => {
    await withFilter(
      (host) => new ReadingFilter(host),
      async ({ origin }) => {
        const answer = await send(origin, { path: '/guarded' });
        expect(answer.status).toBe(401);
        expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
        expect(answer.json['error']).toMatchObject({ code: 'token_missing' });
      },
    );
  });

  it('can be read by a filter that has answered already', async () => {
    await withFilter(
      (host) => new LoggingFilter(host),
      async ({ origin }) => {
        answered.length = 0;
        expect((await send(origin, { path: '/guarded' })).status).toBe(401);
        expect(answered).toHaveLength(1);
        expect(answered[0]?.getResponse()).toMatchObject({ code: 'token_missing' });
      },
    );
  });

  it('can be answered in another form, with the instance that is in the record', async () => {
    await withFilter(
      (host, nest) => new HouseStyleFilter(host, nest.get(FaultFilter)),
      async (census) => {
        const answer = await send(census.origin, { path: '/guarded' });
        const [record] = census.decisions;
        expect(answer.json).toEqual({
          error: 'token_missing',
          message: 'A token is required.',
          id: record?.instance,
        });
        expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, CHALLENGE.bare]);
        const thrown = await send(census.origin, { path: '/throws' });
        const id = expect.stringMatching(/^urn:uuid:/) as unknown;
        expect(thrown.json).toMatchObject({ error: 'token_unavailable', id });
        expect([thrown.status, thrown.headers['retry-after']]).toEqual([503, '1']);
        expect(thrown.text).not.toContain(SECRET);
      },
    );
  });

  it('is told by a filter that catches everything, which need not show the reason of what a handler throws', async () => {
    await withFilter(
      (host) => new CarefulFilter(host),
      async ({ origin }) => {
        expect((await send(origin, { path: '/guarded' })).json['message']).toBe('A token is required.');
        const thrown = await send(origin, { path: '/throws' });
        expect([thrown.status, thrown.json['message']]).toEqual([503, FAULTS.token_unavailable.title]);
      },
    );
  });
});

it('the documentation shows the filter in the style of the house as it is tried here', async () => {
  const read = (path: string) => readFile(new URL(path, import.meta.url), 'utf8');
  const tried = await read('../handlers/program/application/house-style.filter.ts');
  expect(await read('../../../../docs/how-to.md')).toContain(`\n\`\`\`ts\n${tried}\`\`\`\n`);
});
