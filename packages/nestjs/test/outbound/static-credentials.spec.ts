import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { HttpService } from '@nestjs/axios';
import { Controller, Get, Query } from '@nestjs/common';
import { createFixedClock, type DestinationRecord } from '@countersign/core';
import { Authenticated, AuthorizedFetch } from '@countersign/nestjs';
import { type TestIssuer } from '@countersign/testing';
import { SERVICE, type Application } from '../support/application.js';
import { CLIENTS, type Call } from '../support/clients.js';
import { type CalledService } from '../support/called-service.js';
import { useCaller, type CallerOptions } from '../support/hooks/use-caller.js';
import { GATEWAY } from '../support/hooks/use-issuer.js';
import { bearer, send } from '../support/http.js';

const SECRET = 'the-key-that-nobody-may-see';
const BASIC = 'Basic dTpzazRlQzM5SHFMeWo=';

@Controller()
class AskController {
  constructor(private readonly authorizedFetch: AuthorizedFetch) {}

  @Get('ask')
  @Authenticated()
  async ask(@Query('url') url: string) {
    return (await this.authorizedFetch.fetch(url)).status;
  }
}

describe.each(CLIENTS)('a static credential by $name', (client) => {
  let issuer: TestIssuer;
  let called: CalledService;
  let elsewhere: CalledService;
  let census: Application;
  let folder: string;
  const clock = createFixedClock();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'countersign-credential-'));
  });
  afterAll(() => rm(folder, { recursive: true }));
  const options: CallerOptions = ({ called: { origin } }, gateway) => {
    const maps = { name: 'maps', url: `${origin}/maps/`, onBehalfOf: 'service' } as const;
    const byKey = { header: 'X-Api-Key', value: SECRET };
    const byFile = { header: 'X-Api-Key', valueFile: join(folder, 'key') };
    const basic = { header: 'Authorization', value: BASIC };
    const destinations: DestinationRecord[] = [
      { ...maps, authorize: byKey },
      { ...maps, name: 'mail', url: `${origin}/mail/`, authorize: basic },
      { ...maps, name: 'file', url: `${origin}/file/`, authorize: byFile },
      { ...maps, name: 'status', url: `${origin}/status/`, authorize: byKey },
      { ...maps, name: 'other', url: `${origin}/other/`, authorize: 'none' },
    ];
    const trust = [gateway.trustRecord({ actsFor: [`${SERVICE}user/`] })];
    return { trust, destinations, clock, undeclared: 'send-without-token' };
  };
  useCaller({ issuer: { ...GATEWAY, clock }, options, controllers: [AskController] }, (started) => {
    ({ issuer, called, elsewhere, census } = started);
  });

  const to = (path: string) => `${called.origin}${path}`;
  const request = (call: Call) => client.send(census.nest, call);

  /** What was sent that could be a credential, or says something about us. */
  function sentCredentials() {
    return called.received.map(({ headers }) => ({
      key: headers['x-api-key'],
      authorization: headers.authorization,
      others: ['jwt', 'delegation-proof', 'countersign-timeout-ms'].filter((name) => name in headers),
    }));
  }

  it('goes to its destination, with nothing of ours beside it', async () => {
    await request({ url: to('/maps/tiles') });
    await request({ url: to('/mail/send'), method: 'POST', body: '{}' });
    expect(sentCredentials()).toEqual([
      { key: SECRET, authorization: undefined, others: [] },
      { key: undefined, authorization: BASIC, others: [] },
    ]);
  });

  it('goes alone, also where a server takes underscores for hyphens', async () => {
    const headers = { x_api_key: 'of somebody else', X_API_Key: 'of another', X_Api: 'kept' };
    await request({ url: to('/maps/tiles'), headers });
    const sent = called.received[0]!.headers;
    expect(Object.keys(sent).filter((name) => name.startsWith('x'))).toEqual(['x_api', 'x-api-key']);
    expect(sent['x-api-key']).toBe(SECRET);
  });

  it('leaves a record that names the destination, and no token', async () => {
    await request({ url: to('/maps/tiles'), method: 'POST', body: '{}' });
    expect(census.decisions).toEqual([
      {
        direction: 'outbound',
        time: expect.any(String) as string,
        method: 'POST',
        decision: 'allowed',
        destination: 'maps',
      },
    ]);
    expect(JSON.stringify(census.decisions)).not.toContain(SECRET);
  });

  it('takes neither the user nor the token of the request that is served along', async () => {
    const claims = { sub: `${SERVICE}user/21/`, txn: 'txn-1' };
    const headers = [bearer(await issuer.token({ audience: SERVICE, claims }))];
    const path = `/ask?url=${encodeURIComponent(to('/maps/tiles'))}`;
    expect((await send(census.origin, { path, headers })).status).toBe(200);
    expect(sentCredentials()).toEqual([{ key: SECRET, authorization: undefined, others: [] }]);
    expect(census.decisions.find(({ direction }) => direction === 'outbound')).toEqual({
      direction: 'outbound',
      time: expect.any(String) as string,
      method: 'GET',
      decision: 'allowed',
      destination: 'maps',
      transactionId: 'txn-1',
    });
  });

  it('stays where it belongs', async () => {
    for (const path of ['/other/', '/mapsx/', '/maps/../other/', '/maps/%2e%2e/other/'])
      await request({ url: to(path) });
    await request({ url: `${elsewhere.origin}/maps/` });
    expect([...called.received, ...elsewhere.received]).toHaveLength(5);
    const sent = JSON.stringify([...called.received, ...elsewhere.received].map(({ headers }) => headers));
    expect(sent).not.toContain(SECRET);
    for (const path of ['/maps/..%2Fother/', '/maps;x/', '//maps/'])
      await expect(request({ url: to(path) })).rejects.toMatchObject({ code: 'destination_unknown' });
    expect(called.received).toHaveLength(4);
  });

  describe.each([
    ['/maps/tiles', 'X-Api-Key', SECRET],
    ['/maps/tiles', 'x-api-key', SECRET],
    ['/mail/send', 'Authorization', BASIC],
    ['/maps/tiles', 'Authorization', undefined],
    ['/maps/tiles', 'JWT', undefined],
  ])('of %s, where the call sets %s itself', (path, header, sent) => {
    const headers = { [header]: 'mine' };

    it('does not go out, nor does the call', async () => {
      await expect(request({ url: to(path), headers })).rejects.toMatchObject({
        code: 'authorization_present',
      });
      expect(called.received).toEqual([]);
      expect(census.decisions).toMatchObject([{ decision: 'refused', code: 'authorization_present' }]);
    });

    it('takes its place when the call says so', async () => {
      await request({ url: to(path), headers, overrideAuthorization: true });
      expect(called.received[0]!.headers[header.toLowerCase()]).toBe(sent);
    });
  });

  it('does not hinder another destination from being called with a header of that name', async () => {
    await request({ url: to('/other/'), headers: { 'X-Api-Key': 'of the application' } });
    expect(sentCredentials()).toMatchObject([{ key: 'of the application' }]);
  });

  it('does not follow a redirect', async () => {
    const url = to(`/status/302?to=${encodeURIComponent(`${elsewhere.origin}/`)}`);
    await expect(request({ url })).rejects.toMatchObject({ code: 'redirect_refused' });
    expect(elsewhere.received).toEqual([]);
  });

  it('is sent once where the answer is 401, which is handed on, and again with the next call', async () => {
    for (const calls of [1, 2]) {
      expect((await request({ url: to('/status/401?to=x') })).status).toBe(401);
      expect(sentCredentials().map(({ key }) => key)).toEqual(Array(calls).fill(SECRET));
    }
  });

  it('is read from its file when it is needed, and no call goes out without it', async () => {
    const url = to('/file/x');
    await expect(request({ url })).rejects.toMatchObject({ code: 'token_unavailable' });
    expect(called.received).toEqual([]);
    expect(census.decisions).toMatchObject([
      { decision: 'refused', code: 'token_unavailable', destination: 'file' },
    ]);
    for (const value of ['first', 'second']) {
      await writeFile(join(folder, 'key'), `${value}\n`);
      clock.advance(1);
      await request({ url });
    }
    await rm(join(folder, 'key'));
    clock.advance(1);
    await expect(request({ url })).rejects.toMatchObject({ code: 'token_unavailable' });
    expect(sentCredentials().map(({ key }) => key)).toEqual(['first', 'second']);
  });

  it('is in no error of a call that fails, and in no answer', async () => {
    const failing: Call[] = [
      { url: to('/maps/'), signal: AbortSignal.abort() },
      { url: to('/maps/'), onBehalfOf: 'user' },
      { url: to('/maps/'), headers: { 'X-Api-Key': 'mine' } },
      { url: to('/status/302?to=x') },
    ];
    for (const call of failing) {
      const thrown: unknown = await request(call).catch((error: unknown) => error);
      expect(thrown).toHaveProperty('message');
      expect(printed(thrown)).not.toContain(SECRET);
    }
    const { axiosRef } = census.nest.get(HttpService, { strict: false });
    const answer = await axiosRef.get(to('/maps/'));
    const error: unknown = await axiosRef.get(to('/status/500?to=x')).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ status: 500 });
    expect(called.received.slice(-2).map(({ headers }) => headers['x-api-key'])).toEqual([SECRET, SECRET]);
    expect(printed([answer, error])).not.toContain(SECRET);
  });
});

function printed(value: unknown): string {
  return inspect(value, { depth: 9, showHidden: true }) + JSON.stringify(value);
}
