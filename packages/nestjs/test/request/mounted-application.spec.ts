import { Controller, Get, Req } from '@nestjs/common';
import { type Principal } from '@countersign/core';
import { Authenticated, CurrentPrincipal } from '@countersign/nestjs';
import { TestIssuer } from '@countersign/testing';
import { censusOptions, SERVICE } from '../support/application.js';
import { bearer, send } from '../support/http.js';
import { startMounted } from '../support/mounted-application.js';

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
    const census = await startMounted(
      { options: censusOptions(herald, herald.keyStore), controllers: [UserController] },
      (request, _response, next) => {
        Object.assign(request, { user: { name: 'of the other application' } });
        next();
      },
    );
    try {
      const token = await herald.token({ audience: SERVICE });
      const answer = await send(census.outerOrigin, { path: '/user', headers: [bearer(token)] });
      expect(answer.json).toMatchObject({ user: { subject: herald.issuer }, isPrincipal: true });
    } finally {
      await census.close();
      await herald.close();
    }
  });
});
