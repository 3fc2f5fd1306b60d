import { type AddressInfo } from 'node:net';
import { Controller, Get, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Authenticated, Callers, Public, Scopes } from '@countersign/nestjs';
import { ADAPTERS } from '../support/application.js';
import { send } from '../support/http.js';

let ran: string[] = [];

@Controller('method')
class DecoratedMethods {
  @Get('scopes')
  @Scopes('user:read')
  scopes() {
    ran.push('scopes');
  }
  @Get('optional')
  @Authenticated.optional()
  optional() {
    ran.push('optional');
  }
  @Get('public')
  @Public()
  open() {
    ran.push('public');
  }
}

@Controller('class')
@Callers('gateway')
class DecoratedClass {
  @Get()
  read() {
    ran.push('class');
  }
}

@Controller('extended')
class ExtendedController extends DecoratedMethods {}

@Controller('none')
class UndecoratedController {
  @Get()
  read() {
    ran.push('none');
  }
}

describe.each(ADAPTERS)('an application over $name that forgot CountersignModule', ({ adapter }) => {
  let application: INestApplication;
  let origin: string;

  beforeAll(async () => {
    const controllers = [DecoratedMethods, DecoratedClass, ExtendedController, UndecoratedController];
    const root = { module: class Root {}, controllers };
    application = await NestFactory.create(root, adapter(), { logger: false, abortOnError: false });
    await application.listen(0, '127.0.0.1');
    const { port } = (application.getHttpServer() as { address(): AddressInfo }).address();
    origin = `http://127.0.0.1:${String(port)}`;
  });
  afterAll(() => application.close());
  beforeEach(() => {
    ran = [];
  });

  it.each(['/method/scopes', '/method/optional', '/class', '/extended/scopes'])(
    'refuses what says who may call it, since nobody would check: %s',
    async (path) => {
      const answer = await send(origin, { path });
      expect([answer.status, answer.json['code']]).toEqual([500, 'config_invalid']);
      expect(answer.json['title']).toBe('The service is misconfigured.');
      expect(ran).toEqual([]);
    },
  );

  it.each([
    ['/method/public', 'public'],
    ['/none', 'none'],
  ])('answers what is public, and what never heard of Countersign: %s', async (path, name) => {
    expect((await send(origin, { path })).status).toBe(200);
    expect(ran).toEqual([name]);
  });
});
