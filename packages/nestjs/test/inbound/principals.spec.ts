import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Injectable,
  Req,
  UseGuards,
} from '@nestjs/common';
import { type Principal } from '@countersign/core';
import { Authenticated, CurrentPrincipal, Public, type SubjectResolver } from '@countersign/nestjs';
import { type TestIssuer } from '@countersign/testing';
import { ADAPTERS, SERVICE, type Application } from '../support/application.js';
import { useApplication } from '../support/hooks/use-application.js';
import { bearer, send, type Answer } from '../support/http.js';
import { CHALLENGE, expectRefusal } from '../support/refusals.js';

const USER = `${SERVICE}user/21/`;
const ran: string[] = [];

interface UserRequest {
  user?: unknown;
}

/** Puts a user of its own in the place of ours. */
class OwnUserGuard implements CanActivate {
  canActivate(context: ExecutionContext) {
    context.switchToHttp().getRequest<UserRequest>().user = { name: 'own' };
    return true;
  }
}

@Controller()
class SubjectController {
  @Get('for-user')
  @Authenticated('user')
  forUser() {
    ran.push('forUser');
  }

  @Get('for-service')
  @Authenticated('service')
  forService() {
    ran.push('forService');
  }

  @Get('optional')
  @Authenticated.optional()
  optional(@CurrentPrincipal() principal: Principal | undefined) {
    ran.push('optional');
    return { subject: principal?.subject ?? 'nobody' };
  }

  @Get('user')
  @Authenticated.optional()
  user(@CurrentPrincipal() principal: Principal | undefined, @Req() request: UserRequest) {
    return { user: request.user ?? null, isPrincipal: request.user === principal };
  }

  @Get('own-user')
  @Authenticated()
  @UseGuards(OwnUserGuard)
  ownUser(@CurrentPrincipal() { subject }: Principal, @Req() { user }: UserRequest) {
    return { subject, user };
  }

  @Get('public')
  @Public()
  public(@CurrentPrincipal() principal: Principal | undefined) {
    ran.push('public');
    return { subject: principal?.subject ?? 'nobody' };
  }
}

describe.each(ADAPTERS)('whoever calls over $name', ({ adapter }) => {
  let herald: TestIssuer;
  let census: Application;

  const options = (issuer: TestIssuer) => ({
    trust: [issuer.trustRecord({ actsFor: [`${SERVICE}user/`] })],
  });
  useApplication({ adapter, options, controllers: [SubjectController] }, (started) => {
    ({ issuer: herald, census } = started);
  });
  beforeEach(() => {
    ran.length = 0;
  });

  async function get(path: string, claims: Readonly<Record<string, unknown>> = {}): Promise<Answer> {
    return send(census.origin, {
      path,
      headers: [bearer(await herald.token({ audience: SERVICE, claims }))],
    });
  }

  async function expectForbidden(answer: Answer, code: string) {
    expectRefusal(answer, { status: 403, code, challenge: CHALLENGE.bare });
    expect(ran).toEqual([]);
    expect(census.decisions).toEqual([expect.objectContaining({ decision: 'refused', code })]);
  }

  describe('subjects', () => {
    it('must be a user where a user is needed', async () => {
      expect((await get('/for-user', { sub: USER })).status).toBe(200);
      ran.length = census.decisions.length = 0;
      await expectForbidden(await get('/for-user'), 'user_required');
    });

    it('must be the service itself where a service is needed', async () => {
      expect((await get('/for-service')).status).toBe(200);
      ran.length = census.decisions.length = 0;
      await expectForbidden(await get('/for-service', { sub: USER }), 'delegation_not_allowed');
    });

    it('must be ones that the trust record lets the caller speak for', async () => {
      await expectForbidden(
        await get('/for-user', { sub: 'https://elsewhere.service/user/21/' }),
        'delegation_not_allowed',
      );
    });

    it('may stand behind three actors, not four', async () => {
      const act = (...actors: string[]): object | undefined =>
        actors.length === 0 ? undefined : { sub: actors[0], act: act(...actors.slice(1)) };
      expect((await get('/for-user', { sub: USER, act: act(herald.issuer, 'b', 'c') })).status).toBe(200);
      ran.length = census.decisions.length = 0;
      await expectForbidden(
        await get('/for-user', { sub: USER, act: act(herald.issuer, 'b', 'c', 'd') }),
        'actor_chain_too_deep',
      );
    });

    it.each([[{ sub: 'https://xherald.example/' }], ['herald'], [{ sub: 'SELF', act: { sub: 'SELF' } }]])(
      'are refused with the actors %j',
      async (act) => {
        const self = JSON.parse(JSON.stringify(act).replaceAll('SELF', herald.issuer));
        const answer = await get('/for-user', { sub: USER, act: self });
        expectRefusal(answer, { status: 401, code: 'claim_invalid', challenge: CHALLENGE.token });
        expect(ran).toEqual([]);
      },
    );
  });

  describe('a route that may be anonymous', () => {
    it('is open to nobody in particular, and knows who comes with a token', async () => {
      expect((await send(census.origin, { path: '/optional' })).json).toEqual({ subject: 'nobody' });
      expect((await get('/optional', { sub: USER })).json).toEqual({ subject: USER });
    });

    it('refuses a bad token', async () => {
      const expired = { iat: 1_700_000_000, exp: 1_700_000_060 };
      expectRefusal(await get('/optional', expired), {
        status: 401,
        code: 'token_expired',
        challenge: CHALLENGE.token,
      });
      const headers = [['Authorization', 'Bearer']] as const;
      const malformed = await send(census.origin, { path: '/optional', headers });
      expectRefusal(malformed, { status: 400, code: 'request_malformed', challenge: CHALLENGE.request });
      expect(ran).toEqual([]);
    });
  });

  describe('request.user', () => {
    it('is the principal, and nobody where nobody is authenticated', async () => {
      expect((await get('/user', { sub: USER })).json).toMatchObject({
        user: { subject: USER },
        isPrincipal: true,
      });
      expect((await send(census.origin, { path: '/user' })).json).toEqual({ user: null, isPrincipal: true });
    });

    it('may be another one after a guard of the application, and the principal stays', async () => {
      expect((await get('/own-user', { sub: USER })).json).toEqual({ subject: USER, user: { name: 'own' } });
    });
  });

  describe('a public route', () => {
    it('does not look at tokens, and keeps no record', async () => {
      expect((await send(census.origin, { path: '/public', headers: [bearer('rubbish')] })).json).toEqual({
        subject: 'nobody',
      });
      expect((await get('/public')).json).toEqual({ subject: 'nobody' });
      expect(census.decisions).toEqual([]);
    });
  });
});

describe.each(ADAPTERS)("the application's own users over $name", ({ adapter }) => {
  @Injectable()
  class Records {
    readonly users = new Map([[USER, { name: 'Support', roles: ['support', 'night'] }]]);
  }

  @Injectable()
  class CensusSubjects implements SubjectResolver {
    readonly asked: string[] = [];
    constructor(private readonly records: Records) {}
    async resolve({ subject = '' }: Principal) {
      this.asked.push(subject);
      const user = this.records.users.get(subject);
      return user && { user, roles: user.roles };
    }
  }

  @Controller()
  class WhoController {
    @Get('who')
    @Authenticated()
    who(@CurrentPrincipal() principal: Principal, @Req() request: UserRequest) {
      ran.push('who');
      expect(request.user).toBe(principal);
      return { user: principal.user, roles: [...principal.roles] };
    }

    @Get('principal')
    @Authenticated()
    principal(@CurrentPrincipal() principal: Principal) {
      return principal;
    }
  }

  let herald: TestIssuer;
  let census: Application;
  useApplication(
    {
      adapter,
      options: (issuer) => ({
        trust: [issuer.trustRecord({ actsFor: [`${SERVICE}user/`], scopes: ['user:read'] })],
        subjects: CensusSubjects,
      }),
      imports: [{ module: class UsersModule {}, providers: [Records, CensusSubjects] }],
      controllers: [WhoController],
    },
    (started) => {
      ({ issuer: herald, census } = started);
    },
  );

  async function who(claims: Readonly<Record<string, unknown>>) {
    ran.length = 0;
    return send(census.origin, {
      path: '/who',
      headers: [bearer(await herald.token({ audience: SERVICE, claims }))],
    });
  }

  it('are loaded by the subject resolver, and their roles replace those of the token', async () => {
    const answer = await who({ sub: USER, roles: ['admin'] });
    expect(answer.json).toEqual({
      user: { name: 'Support', roles: ['support', 'night'] },
      roles: ['support', 'night'],
    });
  });

  it.each([
    ['a user, whose roles are those of the records', USER, ['support', 'night']],
    ['a service, whose roles are those of its token', undefined, ['batch']],
  ])(
    'are shown with their lists by a handler that returns the principal of %s',
    async (_what, sub, roles) => {
      const claims = { ...(sub && { sub }), roles: ['batch'], scope: 'user:read user:write' };
      const headers = [bearer(await herald.token({ audience: SERVICE, claims }))];
      const { json } = await send(census.origin, { path: '/principal', headers });
      expect(json).toMatchObject({ roles, scopes: ['user:read'], actors: [herald.issuer] });
    },
  );

  it('are refused when they are not known', async () => {
    const answer = await who({ sub: `${SERVICE}user/99/` });
    expectRefusal(answer, { status: 403, code: 'subject_unknown', challenge: CHALLENGE.bare });
    expect(ran).toEqual([]);
  });

  it('are not asked for when a service speaks for itself', async () => {
    census.nest.get(CensusSubjects, { strict: false }).asked.length = 0;
    expect((await who({ roles: ['batch'] })).json).toEqual({ roles: ['batch'] });
    expect(census.nest.get(CensusSubjects, { strict: false }).asked).toEqual([]);
  });
});
