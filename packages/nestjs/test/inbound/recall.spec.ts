import { Controller, Get, Req } from '@nestjs/common';
import { type Principal } from '@countersign/core';
import { CurrentPrincipal, Policies, RequestScope, Scopes, type HandlerPolicy } from '@countersign/nestjs';
import { TestIssuer } from '@countersign/testing';
import {
  ADAPTERS,
  censusOptions,
  SERVICE,
  startApplication,
  type Application,
} from '../support/application.js';
import { useApplication } from '../support/hooks/use-application.js';
import { bearer, send, type Answer } from '../support/http.js';

class Granting implements HandlerPolicy {
  permits(): boolean {
    return true;
  }
}

@Controller()
@Scopes('user:read')
class RecallController {
  constructor(private readonly scope: RequestScope) {}

  @Get('who')
  who(@CurrentPrincipal() principal: Principal, @Req() request: { readonly user?: Principal }) {
    const { tokenId, scopes } = principal;
    const answer = { tokenId, scopes: [...scopes], user: request.user === principal };
    expect(() => (scopes as Set<string>).add('user:write')).toThrow(TypeError);
    return { ...answer, inScope: this.scope.principal === principal };
  }

  @Get('write')
  @Scopes('user:write')
  write() {
    return {};
  }

  @Get('policy')
  @Policies(Granting)
  policy(@CurrentPrincipal() { tokenId }: Principal) {
    return { tokenId };
  }
}

it('makes no decision record where the recorder says that nobody listens, and refuses all the same', async () => {
  const herald = await TestIssuer.start({ issuer: 'https://herald.service/' });
  const recorded: unknown[] = [];
  const decisions = { record: (decision: unknown) => void recorded.push(decision), isListening: () => false };
  const census = await startApplication({
    adapter: ADAPTERS[0]!.adapter,
    options: { ...censusOptions(herald, herald.keyStore), decisions },
    controllers: [RecallController],
    providers: [Granting],
  });
  try {
    const token = await herald.token({ audience: SERVICE, claims: { scope: 'user:read' } });
    const answers = [];
    for (const path of ['/who', '/write'])
      answers.push((await send(census.origin, { path, headers: [bearer(token)] })).status);
    expect(answers).toEqual([200, 403]);
    expect(recorded).toEqual([]);
  } finally {
    await census.close();
    await herald.close();
  }
});

describe.each(ADAPTERS)('a token that is recalled over $name', ({ adapter }) => {
  let herald: TestIssuer;
  let census: Application;

  useApplication({ adapter, controllers: [RecallController], providers: [Granting] }, (started) => {
    ({ issuer: herald, census } = started);
  });

  const get = (path: string, token: string): Promise<Answer> =>
    send(census.origin, { path, headers: [bearer(token)] });

  it('gives the handler, the request and its scope the same principal as the first time', async () => {
    const token = await herald.token({ audience: SERVICE, claims: { jti: 'jti-1', scope: 'user:read' } });
    for (let time = 0; time < 4; time++) {
      const { json, status } = await get('/who', token);
      expect(status).toBe(200);
      expect(json).toEqual({ tokenId: 'jti-1', scopes: ['user:read'], user: true, inScope: true });
    }
    expect(census.decisions.map(({ decision }) => decision)).toEqual(Array(4).fill('allowed'));
  });

  it('is held against the requirements and the policies of each route', async () => {
    const token = await herald.token({ audience: SERVICE, claims: { scope: 'user:read' } });
    for (const [path, status] of [
      ['/who', 200],
      ['/policy', 200],
      ['/write', 403],
      ['/policy', 200],
      ['/write', 403],
    ] as const) {
      expect((await get(path, token)).status).toBe(status);
    }
    expect(census.decisions.map(({ code }) => code)).toEqual([
      undefined,
      undefined,
      'scope_missing',
      undefined,
      'scope_missing',
    ]);
  });
});
