import { Controller, Get } from '@nestjs/common';
import { Callers, Roles, Scopes } from '@countersign/nestjs';
import { TestIssuer } from '@countersign/testing';
import {
  ADAPTERS,
  censusOptions,
  REALM,
  SERVICE,
  startApplication,
  type Application,
} from '../support/application.js';
import { bearer, send, type Answer } from '../support/http.js';
import { CHALLENGE, expectRefusal } from '../support/refusals.js';

const ran: string[] = [];

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
    const scopes = [
      'a',
      'b',
      'c',
      'base',
      'never',
      'users:read',
      'users:read:all',
      'users:rea',
      'Users:Read',
    ];
    const trust = issuers.map((issuer) => issuer.trustRecord({ scopes, actsFor: [`${SERVICE}user/`] }));
    census = await startApplication({
      adapter,
      options: { ...censusOptions(herald, herald.keyStore), trust },
      controllers: [ClassController, RouteController],
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

  async function get(
    path: string,
    claims: Readonly<Record<string, unknown>> = {},
    by = herald,
  ): Promise<Answer> {
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

    it.each(['', 'users:read:all', 'users:rea', 'Users:Read', 'a'])(
      'are missing when the token has "%s"',
      async (scope) => {
        await expectForbidden(await get('/user', { scope }), 'scope_missing', missing('users:read'));
      },
    );

    it('are missing when the token names them, but the trust record does not let the caller have them', async () => {
      const stranger = await TestIssuer.start({ issuer: 'https://stranger.service/' });
      const other = await startApplication({
        adapter,
        options: { ...censusOptions(herald, herald.keyStore), trust: [stranger.trustRecord()] },
        controllers: [RouteController],
      });
      try {
        const headers = [
          bearer(await stranger.token({ audience: SERVICE, claims: { scope: 'users:read' } })),
        ];
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
      await expectForbidden(
        await get('/class/inherited', { scope: 'a' }),
        'scope_missing',
        missing('a base'),
      );
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

  describe('the way to a handler', () => {
    it('makes no difference: HEAD needs what GET needs', async () => {
      const head = async (claims: object) =>
        send(census.origin, {
          method: 'HEAD',
          path: '/user',
          headers: [bearer(await herald.token({ audience: SERVICE, claims: { ...claims } }))],
        });
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
      expectRefusal(await send(census.origin, { path: '/user', headers }), {
        status: 403,
        code: 'scope_missing',
        challenge: missing('users:read'),
      });
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
});
