import { Agent } from 'node:http';
import { Controller, Get } from '@nestjs/common';
import { Scopes } from '@countersign/nestjs';
import { type TestIssuer } from '@countersign/testing';
import { ADAPTERS, SERVICE, type Application } from '../support/application.js';
import { useApplication } from '../support/hooks/use-application.js';
import { bearer, send, type WireRequest } from '../support/http.js';
import { CHALLENGE, expectRefusal } from '../support/refusals.js';

let ran = 0;

@Controller('user')
class UserController {
  @Get(':id')
  @Scopes('user:read')
  find() {
    ran += 1;
    return { name: 'Census User' };
  }
}

describe.each(ADAPTERS)('the token of a request over $name', ({ adapter }) => {
  let herald: TestIssuer;
  let census: Application;
  let token: string;

  useApplication({ adapter, controllers: [UserController] }, (started) => {
    ({ issuer: herald, census } = started);
  });

  const claims = { scope: 'user:read' };
  beforeEach(async () => {
    token = await herald.token({ audience: SERVICE, claims });
    // Every refusal below is this request, changed in one way.
    expect((await send(census.origin, { path: '/user/42', headers: [bearer(token)] })).status).toBe(200);
    ran = 0;
    census.decisions.length = 0;
  });

  async function expectRefused(wire: Partial<WireRequest>, status: number, code: string, challenge: string) {
    const fetches = herald.keyRequests;
    const answer = await send(census.origin, { path: '/user/42', headers: [bearer(token)], ...wire });
    expectRefusal(answer, { status, code, challenge });
    expect(ran).toBe(0);
    expect(herald.keyRequests).toBe(fetches);
    expect(census.decisions).toEqual([
      expect.objectContaining({ decision: 'refused', code, instance: answer.json['instance'] }),
    ]);
  }

  it('is asked for by a bare challenge when no Authorization was sent', async () => {
    await expectRefused({ headers: [] }, 401, 'token_missing', CHALLENGE.bare);
  });

  it.each(['Basic dXNlcjpwYXNz', 'BearerX eyJ', 'Bearer-invalid'])(
    'is missing when another scheme was sent: %s',
    async (value) => {
      await expectRefused({ headers: [['Authorization', value]] }, 401, 'token_missing', CHALLENGE.bare);
    },
  );

  it.each(['Bearer', 'Bearer   '])(
    'is malformed when nothing stands after the scheme: "%s"',
    async (value) => {
      await expectRefused(
        { headers: [['Authorization', value]] },
        400,
        'request_malformed',
        CHALLENGE.request,
      );
    },
  );

  it.each(['bearer', 'BEARER', 'Bearer'])('is accepted after the scheme in any case: %s', async (scheme) => {
    const answer = await send(census.origin, {
      path: '/user/42',
      headers: [['Authorization', `${scheme} ${token}`]],
    });
    expect(answer.status).toBe(200);
    expect(ran).toBe(1);
  });

  it('is accepted in the JWT header', async () => {
    const answer = await send(census.origin, { path: '/user/42', headers: [['JWT', token]] });
    expect(answer.status).toBe(200);
  });

  it.each([' extra', '\textra', ',', '"', 'é'])('is malformed with %j after it', async (rest) => {
    const headers = [['Authorization', `Bearer ${token}${rest}`]] as const;
    await expectRefused({ headers }, 400, 'request_malformed', CHALLENGE.request);
  });

  it('is refused when two Authorization headers were sent, equal or different', async () => {
    const other = await herald.token({ audience: SERVICE, claims });
    await expectRefused(
      { headers: [bearer(token), bearer(token)] },
      400,
      'request_malformed',
      CHALLENGE.request,
    );
    census.decisions.length = 0;
    await expectRefused(
      { headers: [bearer(token), bearer(other)] },
      400,
      'request_malformed',
      CHALLENGE.request,
    );
  });

  it('is refused when the query holds a second one', async () => {
    await expectRefused(
      { path: `/user/42?access_token=${token}` },
      400,
      'request_malformed',
      CHALLENGE.request,
    );
  });

  it('is never read from the query, a form or a cookie', async () => {
    await expectRefused(
      { path: `/user/42?access_token=${token}`, headers: [] },
      401,
      'token_missing',
      CHALLENGE.bare,
    );
    census.decisions.length = 0;
    await expectRefused(
      { headers: [['Cookie', `access_token=${token}`]] },
      401,
      'token_missing',
      CHALLENGE.bare,
    );
    census.decisions.length = 0;
    const headers = [['Content-Type', 'application/x-www-form-urlencoded']] as const;
    await expectRefused({ headers, body: `access_token=${token}` }, 401, 'token_missing', CHALLENGE.bare);
  });

  it('is refused above 8 KB', async () => {
    const large = await herald.token({ audience: SERVICE, claims: { ...claims, padding: 'x'.repeat(7000) } });
    await expectRefused({ headers: [bearer(large)] }, 401, 'token_too_large', CHALLENGE.token);
  });

  it('is malformed when it is nothing but dots', async () => {
    await expectRefused({ headers: [bearer('.'.repeat(8000))] }, 401, 'token_malformed', CHALLENGE.token);
  });

  it('does not reach us when its header is larger than Node reads', async () => {
    // A connection of its own: the one that Node closes must not be the next test's.
    const agent = new Agent();
    const headers = [bearer('.'.repeat(64 * 1024))];
    const sending = send(census.origin, { path: '/user/42', headers, agent });
    // Node closes the connection on what it did not read, and the answer may be lost with it.
    const outcome = await sending.then(
      ({ status }) => status,
      // Not `instanceof`: the error may be of the realm outside of Jest's.
      (error: unknown) =>
        typeof error === 'object' && error !== null && 'code' in error ? error.code : error,
    );
    expect([431, 'ECONNRESET', 'EPIPE']).toContain(outcome);
    expect(ran).toBe(0);
  });

  it.each([
    'https://elsewhere.service/',
    'https://herald.service',
    'https://HERALD.service/',
    'https://herald.service/"\r\nX-Injected: 1',
    '<script>alert(1)</script>',
    ['https://herald.service/'],
    undefined,
  ])('is refused from the issuer %j, without asking the network and without an echo', async (iss) => {
    const forged = await herald.token({ audience: SERVICE, claims: { ...claims, iss } });
    await expectRefused({ headers: [bearer(forged)] }, 401, 'issuer_untrusted', CHALLENGE.token);
  });

  it.each([
    'https://herald.service/',
    'https://census.service',
    [SERVICE, 'https://herald.service/'],
    [],
    undefined,
  ])('is refused for the audience %j', async (aud) => {
    const forged = await herald.token({ audience: SERVICE, claims: { ...claims, aud } });
    await expectRefused({ headers: [bearer(forged)] }, 401, 'audience_mismatch', CHALLENGE.token);
  });

  it('is refused with a changed claim, whoever signed it before', async () => {
    const [header, , signature] = token.split('.');
    const [, richer] = (
      await herald.token({ audience: SERVICE, claims: { scope: 'user:read user:write' } })
    ).split('.');
    const forged = [header, richer, signature].join('.');
    await expectRefused({ headers: [bearer(forged)] }, 401, 'signature_invalid', CHALLENGE.token);
  });

  it('may hold a claim named __proto__, which touches nothing', async () => {
    const odd = await herald.token({
      audience: SERVICE,
      claims: { ...claims, ['__proto__']: { admin: true } },
    });
    expect((await send(census.origin, { path: '/user/42', headers: [bearer(odd)] })).status).toBe(200);
    expect(Reflect.get({}, 'admin')).toBeUndefined();
  });
});
