import 'reflect-metadata';
import {
  Body,
  Controller,
  Get,
  Logger,
  type INestApplication,
  Module,
  Post,
  ServiceUnavailableException,
} from '@nestjs/common';
import { APP_FILTER, NestFactory } from '@nestjs/core';
import { DrizzleQueryError } from 'drizzle-orm';
import { z } from 'zod';
import { parseInput, Problem, ProblemFilter } from '../src/index.js';

const input = z.strictObject(
  { name: z.string('must be a string'), tags: z.array(z.string('must be a string')).optional() },
  'must be a JSON object',
);

/** What a query fails with: the server's error code, or none when the connection was lost. */
let failure: Error;

@Controller()
class SampleController {
  @Post('input')
  check(@Body() body: unknown): unknown {
    return parseInput(input, body);
  }

  @Get('busy')
  busy(): never {
    throw new Problem({ status: 503, code: 'busy', title: 'Not now.', retryAfterSeconds: 7 });
  }

  @Get('broken')
  broken(): never {
    throw new DrizzleQueryError('select 1', ['ada@census.example'], failure);
  }

  @Get('framework')
  framework(): never {
    throw new ServiceUnavailableException('<b>internal</b>');
  }
}

@Module({ controllers: [SampleController], providers: [{ provide: APP_FILTER, useClass: ProblemFilter }] })
class SampleModule {}

describe('A problem answer', () => {
  let app: INestApplication;
  let url: string;
  const logged: unknown[] = [];

  beforeAll(async () => {
    app = await NestFactory.create(SampleModule, { logger: false });
    const keep = (message: unknown) => logged.push(message);
    Logger.overrideLogger({ log: keep, warn: keep, error: keep });
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
  });

  afterAll(async () => {
    await app.close();
    Logger.overrideLogger(false);
  });

  function post(body: string, type = 'application/json'): Promise<Response> {
    return fetch(`${url}/input`, { method: 'POST', body, headers: { 'Content-Type': type } });
  }

  it('is application/problem+json with a code and an instance', async () => {
    const response = await post('{}');
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(await response.json()).toEqual({
      type: 'about:blank',
      title: 'The request is invalid.',
      status: 400,
      code: 'input_invalid',
      instance: expect.stringMatching(/^urn:uuid:/),
      errors: [{ pointer: '#/name', detail: 'must be a string' }],
    });
  });

  it.each([
    ['{"name":"Ada","<script>":1}', '#', 'has a member that is not known'],
    ['{"name":"Ada","__proto__":{"<script>":1}}', '#', 'has a member that is not known'],
    ['{"name":"Ada","tags":["a",{"<script>":1}]}', '#/tags/1', 'must be a string'],
    ['{"name":["<script>"]}', '#/name', 'must be a string'],
    ['["<script>"]', '#', 'must be a JSON object'],
  ])('names what is wrong with %s and repeats none of it', async (body, pointer, detail) => {
    const text = await (await post(body)).text();
    expect(JSON.parse(text)).toMatchObject({ code: 'input_invalid', errors: [{ pointer, detail }] });
    expect(text).not.toContain('script');
  });

  it('does not repeat input that no handler has seen', async () => {
    const malformed = await post('{"name":<script>}');
    expect([malformed.status, await malformed.text()]).toEqual([400, expect.not.stringContaining('script')]);
    const unknown = await fetch(`${url}/<script>`);
    expect([unknown.status, await unknown.text()]).toEqual([404, expect.not.stringContaining('script')]);
    const large = await post(JSON.stringify({ name: 'x'.repeat(200_000) }));
    expect(await large.json()).toMatchObject({ status: 413, code: 'body_too_large' });
    const otherFormat = await post('name=<script>', 'text/plain');
    expect(await otherFormat.json()).toMatchObject({ status: 400, code: 'input_invalid' });
  });

  it('says when to try again', async () => {
    const response = await fetch(`${url}/busy`);
    expect(response.headers.get('retry-after')).toBe('7');
    expect(await response.json()).toMatchObject({ status: 503, code: 'busy' });
  });

  it('tells the client nothing of an unexpected error, and the log no personal data', async () => {
    failure = Object.assign(new Error('syntax error'), { code: '42601' });
    const answer: unknown = await (await fetch(`${url}/broken`)).json();
    expect(answer).toMatchObject({
      status: 500,
      code: 'internal',
      title: 'Something went wrong in this service.',
    });
    const line = JSON.stringify(logged.at(-1));
    expect(line).toContain('syntax error');
    expect(line).not.toContain('ada@census.example');
  });

  it('says when the database does not answer', async () => {
    for (const code of [undefined, 'ECONNREFUSED', '57P01', '53300', '08006']) {
      failure = Object.assign(new Error('connection lost'), code !== undefined && { code });
      const response = await fetch(`${url}/broken`);
      expect(response.headers.get('retry-after')).toBe('5');
      expect(await response.json()).toMatchObject({ status: 503, code: 'database_unavailable' });
    }
  });

  it("replaces the framework's own words", async () => {
    const text = await (await fetch(`${url}/framework`)).text();
    expect(JSON.parse(text)).toMatchObject({ status: 503, code: 'request_refused' });
    expect(text).not.toContain('internal');
  });
});
