import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { Authenticated } from '@countersign/nestjs';
import { type TestIssuer } from '@countersign/testing';
import { ADAPTERS, SERVICE, type Application } from './support/application.js';
import { type CalledService } from './support/called-service.js';
import { CLIENTS } from './support/clients.js';
import { useCaller } from './support/hooks/use-caller.js';
import { bearer, send } from './support/http.js';

const { jest } = import.meta;

const JEST = [
  ['the fakes of Jest', () => jest.useFakeTimers()],
  ['the old fakes of Jest', () => jest.useFakeTimers({ legacyFakeTimers: true })],
] as const;

afterEach(() => void jest.useRealTimers());

@Controller()
class CallingController {
  constructor(@Inject(ModuleRef) private readonly moduleRef: ModuleRef) {}

  @Get('call')
  @Authenticated()
  async call(@Query('by') by: string, @Query('url') url: string) {
    const client = CLIENTS.find(({ name }) => name === by)!;
    const nest = {
      get: (type: never, options: object) => this.moduleRef.get(type, { strict: false, ...options }),
    };
    return (await client.send(nest as never, { url })).status;
  }
}

describe.each(ADAPTERS)('over $name', ({ adapter }) => {
  let issuer: TestIssuer;
  let called: CalledService;
  let census: Application;

  useCaller({ adapter, controllers: [CallingController] }, (started) => {
    ({ issuer, called, census } = started);
  });

  describe.each(CLIENTS)('a request whose handler calls by $name', ({ name }) => {
    it.each(JEST)('is answered under %s, and so are those that follow', async (_name, fake) => {
      const ask = async () => {
        const path = `/call?by=${name}&url=${encodeURIComponent(`${called.origin}/`)}`;
        const headers = [bearer(await issuer.token({ audience: SERVICE }))];
        return (await send(census.origin, { path, headers })).text;
      };
      expect(await ask()).toBe('200');
      fake();
      expect(await ask()).toBe('200');
      jest.useRealTimers();
      expect(await ask()).toBe('200');
    });
  });
});
