import { Controller, Get } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Authenticated, CountersignModule, RequestScope } from '@countersign/nestjs';
import { TestIssuer } from '@countersign/testing';
import { ADAPTERS, censusOptions, SERVICE } from './support/application.js';
import { bearer, send } from './support/http.js';

@Controller()
class WhoController {
  constructor(private readonly scope: RequestScope) {}

  @Get('who')
  @Authenticated()
  who() {
    return this.scope.principal?.caller.name;
  }
}

describe.each(ADAPTERS)('an application of a testing module over $name', ({ adapter }) => {
  it('is guarded like any other, with real tokens', async () => {
    const herald = await TestIssuer.start({ issuer: 'https://herald.service/' });
    const module = await Test.createTestingModule({
      imports: [CountersignModule.forRoot(censusOptions(herald, herald.keyStore))],
      controllers: [WhoController],
    }).compile();
    const nest = module.createNestApplication(adapter(), { logger: false });
    try {
      await nest.listen(0, '127.0.0.1');
      const origin = await nest.getUrl();
      const headers = [bearer(await herald.token({ audience: SERVICE }))];
      expect((await send(origin, { path: '/who', headers })).text).toBe('herald');
      expect((await send(origin, { path: '/who' })).status).toBe(401);
    } finally {
      await nest.close();
      await herald.close();
    }
  });
});

describe('an application context without HTTP', () => {
  it('has the outgoing side, and no request', async () => {
    const herald = await TestIssuer.start({ issuer: 'https://herald.service/' });
    const module = await Test.createTestingModule({
      imports: [CountersignModule.forRoot(censusOptions(herald, herald.keyStore))],
    }).compile();
    try {
      await module.init();
      expect(module.get(RequestScope).principal).toBeUndefined();
    } finally {
      await module.close();
      await herald.close();
    }
  });
});
