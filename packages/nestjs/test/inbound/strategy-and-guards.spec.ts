import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Inject,
  Injectable,
  Post,
  type Provider,
  Req,
  UseGuards,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import { type Principal } from '@countersign/core';
import {
  Authenticated,
  CurrentPrincipal,
  RequestScope,
  STRATEGY_NAME,
  type SubjectResolver,
} from '@countersign/nestjs';
import { type TestIssuer } from '@countersign/testing';
import { ADAPTERS, SERVICE, type Application } from '../support/application.js';
import { createDpopClient } from '../support/dpop-client.js';
import { useApplication } from '../support/hooks/use-application.js';
import { bearer, send } from '../support/http.js';
import { CHALLENGE, expectRefusal } from '../support/refusals.js';

const USER = `${SERVICE}user/21/`;
const ran: string[] = [];

/** Authenticates by the strategy, as an application's own guard does. */
@Injectable()
class PassportGuard implements CanActivate {
  readonly #guard: CanActivate;
  constructor(@Inject(STRATEGY_NAME) strategyName: string) {
    this.#guard = new (AuthGuard(strategyName))();
  }
  canActivate(context: ExecutionContext) {
    return this.#guard.canActivate(context);
  }
}

@Injectable()
class CensusSubjects implements SubjectResolver {
  resolve() {
    return Promise.resolve({ user: { name: 'Support' }, roles: ['support'] });
  }
}

@Controller()
@Authenticated()
class PlainController {
  constructor(private readonly scope: RequestScope) {}

  @Get('who')
  who(@CurrentPrincipal() principal: Principal, @Req() { user }: { readonly user: unknown }) {
    ran.push('who');
    const isOne = user === principal && this.scope.principal === principal;
    return { user: principal.user, roles: [...principal.roles], isOne };
  }

  @Post('write')
  write() {
    ran.push('write');
  }
}

@Controller()
@UseGuards(PassportGuard)
class GuardedAgainController extends PlainController {}

interface Order {
  readonly when: string;
  readonly controller: typeof PlainController;
  readonly guards: readonly Provider[];
}

const ORDERS: readonly Order[] = [
  { when: 'after ours', controller: GuardedAgainController, guards: [] },
  {
    when: 'before ours',
    controller: PlainController,
    guards: [{ provide: APP_GUARD, useClass: PassportGuard }],
  },
];

const CASES = ADAPTERS.flatMap((platform) => ORDERS.map((order) => ({ ...platform, ...order })));

describe.each(CASES)('a guard with the strategy that runs $when over $name', (parts) => {
  let herald: TestIssuer;
  let census: Application;

  useApplication(
    {
      adapter: parts.adapter,
      options: (issuer) => ({
        trust: [issuer.trustRecord({ actsFor: [`${SERVICE}user/`] })],
        subjects: CensusSubjects,
      }),
      controllers: [parts.controller],
      providers: [CensusSubjects, PassportGuard, ...parts.guards],
    },
    (started) => {
      ({ issuer: herald, census } = started);
    },
  );
  beforeEach(() => {
    ran.length = 0;
  });

  it('leaves the user with the application’s roles, not with those of the token', async () => {
    const token = await herald.token({ audience: SERVICE, claims: { sub: USER, roles: ['admin'] } });
    const answer = await send(census.origin, { path: '/who', headers: [bearer(token)] });
    expect(answer.json).toEqual({ user: { name: 'Support' }, roles: ['support'], isOne: true });
  });

  it('lets a bound token through, once', async () => {
    const token = await herald.token({ audience: SERVICE, bind: { method: 'POST', url: '/write' } });
    const write = { method: 'POST', path: '/write', headers: [bearer(token)] };
    expect((await send(census.origin, write)).status).toBe(201);
    expect(census.decisions).toEqual([expect.objectContaining({ decision: 'allowed', bound: true })]);
    expectRefusal(await send(census.origin, write), {
      status: 401,
      code: 'token_replayed',
      challenge: CHALLENGE.token,
    });
    expect(ran).toEqual(['write']);
  });

  it('lets a DPoP proof through, once', async () => {
    const client = await createDpopClient();
    const claims = { cnf: client.confirmation };
    const token = await herald.token({ audience: SERVICE, claims });
    const headers = await client.headers(token, { method: 'GET', uri: `${SERVICE}who` });
    expect((await send(census.origin, { path: '/who', headers })).status).toBe(200);
    const again = await send(census.origin, { path: '/who', headers });
    expect([again.status, again.json['code']]).toEqual([401, 'dpop_proof_replayed']);
    expect(ran).toEqual(['who']);
  });
});
