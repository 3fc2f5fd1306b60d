import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Inject,
  Injectable,
  Post,
  UseGuards,
} from '@nestjs/common';
import { AuthGuard, PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-strategy';
import { CurrentPrincipal, Public, RequestScope, STRATEGY_NAME, type Principal } from '@countersign/nestjs';
import { type TestIssuer } from '@countersign/testing';
import { ADAPTERS, SERVICE, type Application } from '../support/application.js';
import { useApplication } from '../support/hooks/use-application.js';
import { bearer, send } from '../support/http.js';
import { CHALLENGE, expectRefusal } from '../support/refusals.js';

const ran: string[] = [];

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
  constructor(private readonly scope: RequestScope) {}

  @Get()
  read(@CurrentPrincipal() principal: Principal | undefined) {
    ran.push('either');
    return { principal: principal?.subject, inScope: this.scope.principal?.subject };
  }

  @Post()
  either() {
    ran.push('either');
  }
}

describe.each(ADAPTERS)('the strategy beside another one over $name', ({ adapter }) => {
  let herald: TestIssuer;
  let census: Application;

  useApplication(
    { adapter, controllers: [EitherController], providers: [ApiKeyStrategy, EitherGuard] },
    (started) => {
      ({ issuer: herald, census } = started);
    },
  );
  beforeEach(() => {
    ran.length = 0;
  });

  async function get(path: string, claims: Readonly<Record<string, unknown>> = {}) {
    return send(census.origin, {
      path,
      headers: [bearer(await herald.token({ audience: SERVICE, claims }))],
    });
  }

  it('stands back when no token was sent', async () => {
    expect((await send(census.origin, { path: '/either', headers: [['X-Api-Key', 'good']] })).status).toBe(
      200,
    );
    expect((await get('/either')).status).toBe(200);
    expect((await send(census.origin, { path: '/either' })).status).toBe(401);
    expect(ran).toEqual(['either', 'either']);
  });

  it('hands its principal to the handler, and no principal of another strategy', async () => {
    const { issuer } = herald;
    expect((await get('/either')).json).toEqual({ principal: issuer, inScope: issuer });
    const byKey = await send(census.origin, { path: '/either', headers: [['X-Api-Key', 'good']] });
    expect(byKey.json).toEqual({});
  });

  it('does not let a bad token pass as somebody else: the error wins', async () => {
    const expired = { iat: 1_700_000_000, exp: 1_700_000_060 };
    expectRefusal(await get('/either', expired), {
      status: 401,
      code: 'token_expired',
      challenge: CHALLENGE.token,
    });
    expect(ran).toEqual([]);
  });

  it('still lets a bound token through once only', async () => {
    const token = await herald.token({ audience: SERVICE, bind: { method: 'POST', url: '/either' } });
    const write = { method: 'POST', path: '/either', headers: [bearer(token)] };
    expect((await send(census.origin, write)).status).toBe(201);
    expectRefusal(await send(census.origin, write), {
      status: 401,
      code: 'token_replayed',
      challenge: CHALLENGE.token,
    });
    expect(ran).toEqual(['either']);
  });
});
