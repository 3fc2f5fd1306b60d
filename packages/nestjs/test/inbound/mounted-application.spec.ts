import { Controller, Get, Req } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { type Principal } from '@countersign/core';
import { Authenticated, CurrentPrincipal } from '@countersign/nestjs';
import { TestIssuer } from '@countersign/testing';
import express from 'express';
import { censusOptions, SERVICE, startApplication } from '../support/application.js';
import { bearer, send } from '../support/http.js';

@Controller('user')
@Authenticated()
class UserController {
  @Get()
  user(@CurrentPrincipal() principal: Principal, @Req() { user }: { readonly user: unknown }) {
    return { user, isPrincipal: user === principal };
  }
}

describe('an application that is mounted in another one of Express', () => {
  it('finds the principal in request.user, whoever the other one took the user for', async () => {
    const herald = await TestIssuer.start({ issuer: 'https://herald.service/' });
    const inner = express();
    const census = await startApplication({
      adapter: () => new ExpressAdapter(inner),
      options: censusOptions(herald, herald.keyStore),
      controllers: [UserController],
    });
    const outer = express();
    outer.use((request, _response, next) => {
      Object.assign(request, { user: { name: 'of the other application' } });
      next();
    }, inner);
    const server = outer.listen(0, '127.0.0.1');
    try {
      await new Promise((resolve) => server.once('listening', resolve));
      const { port } = server.address() as { port: number };
      const token = await herald.token({ audience: SERVICE });
      const answer = await send(`http://127.0.0.1:${String(port)}`, {
        path: '/user',
        headers: [bearer(token)],
      });
      expect(answer.json).toMatchObject({ user: { subject: herald.issuer }, isPrincipal: true });
    } finally {
      server.close();
      await census.close();
      await herald.close();
    }
  });
});
