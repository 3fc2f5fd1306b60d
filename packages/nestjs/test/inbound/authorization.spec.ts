import { type CanActivate, Controller, type ExecutionContext, Get, Inject, Injectable, NotFoundException, Post, UseGuards } from '@nestjs/common';
import { AuthGuard, PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-strategy';
import { type Principal } from '@countersign/core';
import {
  Authenticated,
  Callers,
  CurrentPrincipal,
  Policies,
  Public,
  Roles,
  Scopes,
  STRATEGY_NAME,
  type HandlerPolicy,
  type SubjectResolver,
} from '@countersign/nestjs';
import { TestIssuer } from '@countersign/testing';
import { ADAPTERS, censusOptions, REALM, SERVICE, startApplication, type Application } from '../support/application.js';
import { bearer, send, type Answer } from '../support/http.js';
import { CHALLENGE, expectRefusal } from '../support/refusals.js';

const USER = `${SERVICE}user/21/`;
const ran: string[] = [];

@Injectable()
class OwnRecordOnly implements HandlerPolicy {
  permits(principal: Principal, context: ExecutionContext): boolean {
    const { id } = context.switchToHttp().getRequest<{ params: { id: string } }>().params;
    if (id === '404') throw new NotFoundException();
    return principal.subject === `${SERVICE}user/${id}/`;
  }
}

@Injectable()
class Never implements HandlerPolicy {
  async permits(): Promise<boolean> {
    ran.push('policy');
    return false;
  }
}

abstract class BaseController {
  @Scopes('base')
  inherited() {
    ran.push('base');
  }
}

@Controller('class')
@Scopes('a')
class ClassController extends BaseController {
  @Get('both')
  @Scopes('b')
  both() {
    ran.push('both');
  }

  @Get('stacked')
  @Scopes('b')
  @Scopes('c')
  stacked() {
    ran.push('stacked');
  }

  @Get('any')
  @Scopes.any('b', 'c')
  any() {
    ran.push('any');
  }

  @Get('inherited')
  override inherited() {
    ran.push('inherited');
  }
}

@Controller()
class RouteController {
  @Get('user')
  @Scopes('users:read')
  list() {
    ran.push('list');
    return [];
  }

  @Get('callers')
  @Callers('herald')
  callers() {
    ran.push('callers');
  }

  @Get('roles')
  @Roles('support', 'night')
  roles() {
    ran.push('roles');
  }

  @Get('roles/any')
  @Roles.any('support', 'night')
  anyRole() {
    ran.push('anyRole');
  }

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

  @Get('public')
  @Public()
  public(@CurrentPrincipal() principal: Principal | undefined) {
    ran.push('public');
    return { subject: principal?.subject ?? 'nobody' };
  }

  @Get('record/:id')
  @Authenticated()
  @Policies(OwnRecordOnly)
  record() {
    ran.push('record');
  }

  @Get('never')
  @Scopes('never')
  @Policies(Never)
  never() {
    ran.push('never');
  }
}

/** Answers "not for me" unless an api key was sent. */
class ApiKeyStrategy extends PassportStrategy(Strategy, 'api-key') {
  override authenticate(request: { headers: Record<string, unknown> }) {
    if (request.headers['x-api-key'] === 'good') this.success({ key: true });
    else this.fail('ApiKey', 401);
  }
  validate() {
    return true;
  }
}

@Injectable()
class EitherGuard implements CanActivate {
  constructor(@Inject(STRATEGY_NAME) private readonly strategyName: string) {}
  canActivate(context: ExecutionContext) {
    class Either extends AuthGuard(['api-key', this.strategyName]) {}
    return new Either().canActivate(context);
  }
}

@Controller('either')
@Public()
@UseGuards(EitherGuard)
class EitherController {
  @Get()
  read() {
    ran.push('either');
  }

  @Post()
  either() {
    ran.push('either');
  }
}

describe.each(ADAPTERS)('what a principal may do over $name', ({ adapter }) => {
  const issuers: TestIssuer[] = [];
  let herald: TestIssuer;
  let census: Application;

  beforeAll(async () => {
    for (const name of ['herald', 'heraldX', 'xherald', 'her.ld', 'HERALD']) {
      issuers.push(await TestIssuer.start({ issuer: `https://${name}.example/${name}/`, name }));
    }
    herald = issuers[0]!;
    const scopes = ['a', 'b', 'c', 'base', 'never', 'users:read', 'users:read:all', 'users:rea', 'Users:Read'];
    const trust = issuers.map((issuer) => issuer.trustRecord({ scopes, actsFor: [`${SERVICE}user/`] }));
    census = await startApplication({
      adapter,
      options: { ...censusOptions(herald, herald.keyStore), trust },
      controllers: [ClassController, RouteController, EitherController],
      providers: [OwnRecordOnly, Never, ApiKeyStrategy, EitherGuard],
    });
  });
  afterAll(async () => {
    await census.close();
    await Promise.all(issuers.map((issuer) => issuer.close()));
  });
  beforeEach(() => {
    ran.length = 0;
    census.decisions.length = 0;
  });

  async function get(path: string, claims: Readonly<Record<string, unknown>> = {}, by = herald): Promise<Answer> {
    return send(census.origin, { path, headers: [bearer(await by.token({ audience: SERVICE, claims }))] });
  }

  async function expectForbidden(answer: Answer, code: string, challenge: string = CHALLENGE.bare) {
    expectRefusal(answer, { status: 403, code, challenge });
    expect(ran).toEqual([]);
    expect(census.decisions).toEqual([expect.objectContaining({ decision: 'refused', code })]);
  }

  const missing = (scope: string) => `${REALM}, error="insufficient_scope", scope="${scope}"`;

  describe('callers', () => {
    it('are let in by the exact name of their trust record', async () => {
      expect((await get('/callers')).status).toBe(200);
    });

    it.each([1, 2, 3, 4])('are refused when the name is another one, however alike (%#)', async (index) => {
      await expectForbidden(await get('/callers', {}, issuers[index]), 'caller_not_allowed');
    });
  });

  describe('scopes', () => {
    it('are accepted as a set, in any order and twice', async () => {
      expect((await get('/user', { scope: '  a users:read  users:read' })).status).toBe(200);
    });

    it.each(['', 'users:read:all', 'users:rea', 'Users:Read', 'a'])('are missing when the token has "%s"', async (scope) => {
      await expectForbidden(await get('/user', { scope }), 'scope_missing', missing('users:read'));
    });

    it('are missing when the token names them, but the trust record does not let the caller have them', async () => {
      const stranger = await TestIssuer.start({ issuer: 'https://stranger.service/' });
      const other = await startApplication({
        adapter,
        options: { ...censusOptions(herald, herald.keyStore), trust: [stranger.trustRecord()] },
        controllers: [RouteController],
        providers: [OwnRecordOnly, Never],
      });
      try {
        const headers = [bearer(await stranger.token({ audience: SERVICE, claims: { scope: 'users:read' } }))];
        const answer = await send(other.origin, { path: '/user', headers });
        expectRefusal(answer, { status: 403, code: 'scope_missing', challenge: missing('users:read') });
      } finally {
        await other.close();
        await stranger.close();
      }
    });

    it('with a tab are no scopes', async () => {
      const answer = await get('/user', { scope: 'a\tusers:read' });
      expectRefusal(answer, { status: 401, code: 'claim_invalid', challenge: CHALLENGE.token });
      expect(ran).toEqual([]);
    });

    it('of a class and of its method are both needed', async () => {
      expect((await get('/class/both', { scope: 'a b' })).status).toBe(200);
      ran.length = census.decisions.length = 0;
      await expectForbidden(await get('/class/both', { scope: 'a' }), 'scope_missing', missing('a b'));
      census.decisions.length = 0;
      await expectForbidden(await get('/class/both', { scope: 'b' }), 'scope_missing', missing('a b'));
    });

    it('of two decorators on one handler are both needed', async () => {
      expect((await get('/class/stacked', { scope: 'a b c' })).status).toBe(200);
      ran.length = census.decisions.length = 0;
      await expectForbidden(await get('/class/stacked', { scope: 'a b' }), 'scope_missing', missing('a c b'));
    });

    it('of the overridden method of a base class are needed as well', async () => {
      expect((await get('/class/inherited', { scope: 'a base' })).status).toBe(200);
      ran.length = census.decisions.length = 0;
      await expectForbidden(await get('/class/inherited', { scope: 'a' }), 'scope_missing', missing('a base'));
    });

    it('may be one of several', async () => {
      expect((await get('/class/any', { scope: 'a b' })).status).toBe(200);
      expect((await get('/class/any', { scope: 'a c' })).status).toBe(200);
      ran.length = census.decisions.length = 0;
      await expectForbidden(await get('/class/any', { scope: 'a' }), 'scope_missing', missing('a b c'));
    });
  });

  describe('roles', () => {
    it('are all needed, unless one of several is enough', async () => {
      expect((await get('/roles', { roles: ['support', 'night'] })).status).toBe(200);
      expect((await get('/roles/any', { roles: ['night'] })).status).toBe(200);
      ran.length = census.decisions.length = 0;
      await expectForbidden(await get('/roles', { roles: ['support'] }), 'role_missing');
      census.decisions.length = 0;
      await expectForbidden(await get('/roles/any', { roles: ['day'] }), 'role_missing');
    });
  });

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
      await expectForbidden(await get('/for-user', { sub: 'https://elsewhere.service/user/21/' }), 'delegation_not_allowed');
    });

    it('may stand behind three actors, not four', async () => {
      const act = (...actors: string[]): object | undefined =>
        actors.length === 0 ? undefined : { sub: actors[0], act: act(...actors.slice(1)) };
      expect((await get('/for-user', { sub: USER, act: act(herald.issuer, 'b', 'c') })).status).toBe(200);
      ran.length = census.decisions.length = 0;
      await expectForbidden(await get('/for-user', { sub: USER, act: act(herald.issuer, 'b', 'c', 'd') }), 'actor_chain_too_deep');
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

  describe('the way to a handler', () => {
    it('makes no difference: HEAD needs what GET needs', async () => {
      const head = async (claims: object) =>
        send(census.origin, { method: 'HEAD', path: '/user', headers: [bearer(await herald.token({ audience: SERVICE, claims: { ...claims } }))] });
      expect((await head({ scope: 'users:read' })).status).toBe(200);
      ran.length = 0;
      const refused = await head({});
      expect({ status: refused.status, text: refused.text }).toEqual({ status: 403, text: '' });
      expect(refused.headers['www-authenticate']).toBe(missing('users:read'));
      expect(ran).toEqual([]);
    });

    it('makes no difference: a method override header changes nothing', async () => {
      const token = await herald.token({ audience: SERVICE, claims: { scope: 'a' } });
      const headers = [bearer(token), ['X-HTTP-Method-Override', 'DELETE']] as const;
      expectRefusal(await send(census.origin, { path: '/user', headers }), { status: 403, code: 'scope_missing', challenge: missing('users:read') });
    });

    it.each(['//user', '/user/', '/%75ser', '/a/../user', '/user;x=1', '/user#frag', '/USER', '/./user'])(
      'makes no difference: %s is refused like /user, or not found',
      async (path) => {
        const answer = await get(path, { scope: 'a' });
        expect([403, 404]).toContain(answer.status);
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
      expectRefusal(await get('/optional', expired), { status: 401, code: 'token_expired', challenge: CHALLENGE.token });
      const headers = [['Authorization', 'Bearer']] as const;
      const malformed = await send(census.origin, { path: '/optional', headers });
      expectRefusal(malformed, { status: 400, code: 'request_malformed', challenge: CHALLENGE.request });
      expect(ran).toEqual([]);
    });
  });

  describe('a public route', () => {
    it('does not look at tokens, and keeps no record', async () => {
      expect((await send(census.origin, { path: '/public', headers: [bearer('rubbish')] })).json).toEqual({ subject: 'nobody' });
      expect((await get('/public')).json).toEqual({ subject: 'nobody' });
      expect(census.decisions).toEqual([]);
    });
  });

  describe("an application's own policy", () => {
    it('is asked after the requirements hold', async () => {
      expect((await get('/record/21', { sub: USER })).status).toBe(200);
      ran.length = census.decisions.length = 0;
      await expectForbidden(await get('/record/42', { sub: USER }), 'policy_refused');
      census.decisions.length = 0;
      await expectForbidden(await get('/never'), 'scope_missing', missing('never'));
      expect((await get('/never', { scope: 'never' })).json['code']).toBe('policy_refused');
      expect(ran).toEqual(['policy']);
    });

    it('may answer with an exception of its own', async () => {
      const answer = await get('/record/404', { sub: USER });
      expect(answer.status).toBe(404);
      expect(census.decisions).toEqual([expect.objectContaining({ decision: 'refused' })]);
    });
  });

  describe('beside another strategy', () => {
    it('stands back when no token was sent', async () => {
      expect((await send(census.origin, { path: '/either', headers: [['X-Api-Key', 'good']] })).status).toBe(200);
      expect((await get('/either')).status).toBe(200);
      expect((await send(census.origin, { path: '/either' })).status).toBe(401);
      expect(ran).toEqual(['either', 'either']);
    });

    it('does not let a bad token pass as somebody else: the error wins', async () => {
      const expired = { iat: 1_700_000_000, exp: 1_700_000_060 };
      expectRefusal(await get('/either', expired), { status: 401, code: 'token_expired', challenge: CHALLENGE.token });
      expect(ran).toEqual([]);
    });

    it('still lets a bound token through once only', async () => {
      const token = await herald.token({ audience: SERVICE, bind: { method: 'POST', url: '/either' } });
      const write = { method: 'POST', path: '/either', headers: [bearer(token)] };
      expect((await send(census.origin, write)).status).toBe(201);
      expectRefusal(await send(census.origin, write), { status: 401, code: 'token_replayed', challenge: CHALLENGE.token });
      expect(ran).toEqual(['either']);
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
    who(@CurrentPrincipal() principal: Principal) {
      ran.push('who');
      return { user: principal.user, roles: [...principal.roles] };
    }
  }

  let herald: TestIssuer;
  let census: Application;
  beforeAll(async () => {
    herald = await TestIssuer.start({ issuer: 'https://herald.service/' });
    census = await startApplication({
      adapter,
      options: {
        ...censusOptions(herald, herald.keyStore),
        trust: [herald.trustRecord({ actsFor: [`${SERVICE}user/`] })],
        subjects: CensusSubjects,
      },
      imports: [{ module: class UsersModule {}, providers: [Records, CensusSubjects] }],
      controllers: [WhoController],
    });
  });
  afterAll(async () => {
    await census.close();
    await herald.close();
  });

  async function who(claims: Readonly<Record<string, unknown>>) {
    ran.length = 0;
    return send(census.origin, { path: '/who', headers: [bearer(await herald.token({ audience: SERVICE, claims }))] });
  }

  it('are loaded by the subject resolver, and their roles replace those of the token', async () => {
    const answer = await who({ sub: USER, roles: ['admin'] });
    expect(answer.json).toEqual({ user: { name: 'Support', roles: ['support', 'night'] }, roles: ['support', 'night'] });
  });

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
