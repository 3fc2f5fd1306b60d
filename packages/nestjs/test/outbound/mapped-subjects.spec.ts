import { Controller, Get, Injectable } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { type Principal } from '@countersign/core';
import { Authenticated, AuthorizedFetch, CurrentPrincipal, type SubjectResolver } from '@countersign/nestjs';
import { TestIssuer } from '@countersign/testing';
import { censusOptions, SERVICE, startApplication, type Application } from '../support/application.js';
import { claimsOf, startCalledService, type CalledService } from '../support/called-service.js';
import { bearer, send } from '../support/http.js';

const USER = `${SERVICE}user/21/`;
let calledUrl: string;

@Injectable()
class OurNames implements SubjectResolver {
  async resolve({ subject }: Principal) {
    return {
      user: subject,
      roles: [],
      ...(subject?.endsWith('/21/') && { subject: 'https://our.names/ada/' }),
    };
  }
}

@Controller()
class CallingController {
  constructor(private readonly authorized: AuthorizedFetch) {}

  @Get('call')
  @Authenticated('user')
  async call(@CurrentPrincipal() { subject }: Principal) {
    await this.authorized.fetch(calledUrl);
    return { subject };
  }
}

describe('a subject resolver that knows users by another name', () => {
  let issuer: TestIssuer;
  let called: CalledService;
  let census: Application;

  beforeAll(async () => {
    issuer = await TestIssuer.start({ issuer: 'https://gateway.service/' });
    called = await startCalledService();
    calledUrl = `${called.origin}/x/`;
    census = await startApplication({
      adapter: () => new ExpressAdapter(),
      options: {
        ...censusOptions(issuer, issuer.keyStore),
        trust: [issuer.trustRecord({ actsFor: [`${SERVICE}user/`] })],
        destinations: [{ name: 'x', url: calledUrl, onBehalfOf: 'user', authorize: 'mint' }],
        subjects: OurNames,
      },
      controllers: [CallingController],
      providers: [OurNames],
    });
  });
  afterAll(async () => {
    await census.close();
    called.close();
    await issuer.close();
  });

  it.each([
    [USER, 'https://our.names/ada/'],
    [`${SERVICE}user/42/`, `${SERVICE}user/42/`],
  ])('has handlers and outgoing calls say it: %s is %s', async (sub, expected) => {
    const token = await issuer.token({ audience: SERVICE, claims: { sub } });
    const answer = await send(census.origin, { path: '/call', headers: [bearer(token)] });
    expect(answer.status).toBe(200);
    expect(claimsOf(called.received.at(-1)!)['sub']).toBe(expected);
    const subjects = census.decisions.slice(-2).map(({ subject }) => subject);
    expect(subjects).toEqual([expected, expected]);
  });
});
