import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Inject,
  Injectable,
  type MiddlewareConsumer,
  Module,
  type NestModule,
  UseGuards,
} from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import { Authenticated, Public, STRATEGY_NAME, useToken } from '@countersign/nestjs';
import { rawRequest, type HandledRequest } from '@countersign/core/http';
import { type TestIssuer } from '@countersign/testing';
import { ADAPTERS, SERVICE, type Application } from '../support/application.js';
import { createDpopClient } from '../support/dpop-client.js';
import { useApplication } from '../support/hooks/use-application.js';
import { bearer, send } from '../support/http.js';
import { CHALLENGE, expectRefusal } from '../support/refusals.js';

let ran = 0;

@Injectable()
class StrategyGuard implements CanActivate {
  constructor(@Inject(STRATEGY_NAME) private readonly strategyName: string) {}
  canActivate(context: ExecutionContext) {
    class ByStrategy extends AuthGuard(this.strategyName) {}
    return new ByStrategy().canActivate(context);
  }
}

@Injectable()
class LateGuard implements CanActivate {
  canActivate(context: ExecutionContext) {
    useToken(context.switchToHttp().getRequest<HandledRequest>(), 'another.token.here');
    return true;
  }
}

@Controller()
class UserController {
  @Get('user')
  @Authenticated()
  user() {
    ran += 1;
  }

  @Get('optional')
  @Authenticated.optional()
  optional() {
    ran += 1;
  }

  @Get('strategy')
  @Public()
  @UseGuards(StrategyGuard)
  byStrategy() {
    ran += 1;
  }

  @Get('late')
  @Authenticated()
  @UseGuards(LateGuard)
  late() {
    ran += 1;
  }
}

/** In both forms in which a framework hands requests to middleware. */
function fromCookie(request: HandledRequest, _response: unknown, next: () => void): void {
  const token = /session=([^;]*)/.exec(rawRequest(request).headers.cookie ?? '')?.[1];
  if (token !== undefined) useToken(request, token);
  next();
}

/** As people write it who do not know of `useToken`. */
function intoHeaders(request: HandledRequest, _response: unknown, next: () => void): void {
  const { headers } = rawRequest(request);
  const token = /guessed=([^;]*)/.exec(headers.cookie ?? '')?.[1];
  if (token !== undefined) headers.authorization = `Bearer ${token}`;
  next();
}

@Module({ controllers: [UserController], providers: [StrategyGuard] })
class UserModule implements NestModule {
  configure(consumer: MiddlewareConsumer) {
    consumer.apply(fromCookie, intoHeaders).forRoutes('*path');
  }
}

describe.each(ADAPTERS)('over $name', ({ adapter }) => {
  let herald: TestIssuer;
  let census: Application;
  let token: string;

  const FORWARDED = 'X-Forwarded-Authorization';
  const tokenHeaders = [FORWARDED];
  beforeEach(() => void (ran = 0));

  describe.each(['/user', '/strategy'])('the token in a header that is named, for %s', (path) => {
    useApplication({ adapter, imports: [UserModule], options: () => ({ tokenHeaders }) }, (started) => {
      ({ issuer: herald, census } = started);
    });
    beforeEach(async () => {
      token = await herald.token({ audience: SERVICE });
    });

    it('opens it, whatever the gateway says for itself beside it', async () => {
      for (const others of [[], [bearer('gateway.own.token')], [['Authorization', 'Basic YTpi']]] as const) {
        const headers = [...others, [FORWARDED, `Bearer ${token}`]] as const;
        expect((await send(census.origin, { path, headers })).status).toBe(200);
      }
      expect(ran).toBe(3);
    });

    it('does not open it from Authorization', async () => {
      expect((await send(census.origin, { path, headers: [bearer(token)] })).status).toBe(401);
      expect(ran).toBe(0);
    });

    it('does not open it twice', async () => {
      const header = [FORWARDED, `Bearer ${token}`] as const;
      const answer = await send(census.origin, { path, headers: [header, header] });
      expectRefusal(answer, { status: 400, code: 'request_malformed', challenge: CHALLENGE.request });
      expect(ran).toBe(0);
    });

    it('is answered in its scheme when it is refused', async () => {
      const client = await createDpopClient();
      const bound = await herald.token({ audience: SERVICE, claims: { cnf: client.confirmation } });
      const uri = `${SERVICE.slice(0, -1)}${path}`;
      const sent = async (value: string) => {
        const proof = (await client.headers(value, { method: 'GET', uri })).slice(1);
        return send(census.origin, { path, headers: [[FORWARDED, `DPoP ${value}`], ...proof] });
      };
      expect((await sent(bound)).status).toBe(200);
      const refused = await sent(`${bound.slice(0, -4)}AAAA`);
      expect(refused.json['code']).toBe('signature_invalid');
      expect(refused.headers['www-authenticate']).toMatch(/^DPoP /);
      expect(ran).toBe(1);
    });
  });

  describe.each(['/user', '/strategy', '/optional'])('the token that middleware names, for %s', (path) => {
    useApplication({ adapter, imports: [UserModule] }, (started) => {
      ({ issuer: herald, census } = started);
    });
    beforeEach(async () => {
      token = await herald.token({ audience: SERVICE });
      const answer = await send(census.origin, { path, headers: [['Cookie', `session=${token}`]] });
      expect(answer.status).toBe(200);
      expect(ran).toBe(1);
      ran = 0;
    });

    it('is refused when it is not good', async () => {
      const other = await herald.token({ audience: 'https://other.service/' });
      const answer = await send(census.origin, { path, headers: [['Cookie', `session=${other}`]] });
      expectRefusal(answer, { status: 401, code: 'audience_mismatch', challenge: CHALLENGE.token });
      expect(ran).toBe(0);
    });

    it.each([
      ['Authorization', 'Bearer '],
      ['JWT', ''],
    ])('is malformed beside one in %s', async (name, scheme) => {
      const headers = [
        ['Cookie', `session=${token}`],
        [name, `${scheme}${token}`],
      ] as const;
      const answer = await send(census.origin, { path, headers });
      expectRefusal(answer, { status: 400, code: 'request_malformed', challenge: CHALLENGE.request });
      expect(ran).toBe(0);
    });
  });

  describe('the token that middleware names', () => {
    useApplication({ adapter, imports: [UserModule] }, (started) => {
      ({ issuer: herald, census } = started);
    });
    beforeEach(async () => {
      token = await herald.token({ audience: SERVICE });
    });

    it('is not the one that it puts into request.headers', async () => {
      const answer = await send(census.origin, { path: '/user', headers: [['Cookie', `guessed=${token}`]] });
      expectRefusal(answer, { status: 401, code: 'token_missing', challenge: CHALLENGE.bare });
      expect(ran).toBe(0);
    });

    it('is not named after the request was authenticated', async () => {
      const answer = await send(census.origin, { path: '/late', headers: [bearer(token)] });
      expect([answer.status, answer.json['code']]).toEqual([500, 'config_invalid']);
      expect(ran).toBe(0);
    });
  });
});
