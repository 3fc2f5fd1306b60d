import { Controller, type ExecutionContext, Get, Injectable, NotFoundException } from '@nestjs/common';
import { type Principal } from '@countersign/core';
import { Authenticated, Policies, Scopes, type HandlerPolicy } from '@countersign/nestjs';
import { type TestIssuer } from '@countersign/testing';
import { ADAPTERS, REALM, SERVICE, type Application } from '../support/application.js';
import { useApplication } from '../support/hooks/use-application.js';
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

@Controller()
class RecordController {
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

describe.each(ADAPTERS)("an application's own policy over $name", ({ adapter }) => {
  let herald: TestIssuer;
  let census: Application;

  const options = (issuer: TestIssuer) => ({
    trust: [issuer.trustRecord({ scopes: ['never'], actsFor: [`${SERVICE}user/`] })],
  });
  useApplication(
    { adapter, options, controllers: [RecordController], providers: [OwnRecordOnly, Never] },
    (started) => {
      ({ issuer: herald, census } = started);
    },
  );
  beforeEach(() => {
    ran.length = 0;
  });

  async function get(path: string, claims: Readonly<Record<string, unknown>> = {}): Promise<Answer> {
    return send(census.origin, {
      path,
      headers: [bearer(await herald.token({ audience: SERVICE, claims }))],
    });
  }

  async function expectForbidden(answer: Answer, code: string, challenge: string = CHALLENGE.bare) {
    expectRefusal(answer, { status: 403, code, challenge });
    expect(ran).toEqual([]);
    expect(census.decisions).toEqual([expect.objectContaining({ decision: 'refused', code })]);
  }

  const missing = (scope: string) => `${REALM}, error="insufficient_scope", scope="${scope}"`;

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
