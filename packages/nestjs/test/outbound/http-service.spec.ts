import { inspect } from 'node:util';
import { HttpService } from '@nestjs/axios';
import { Controller, Get, Query } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { AxiosError } from 'axios';
import { firstValueFrom } from 'rxjs';
import { CountersignError } from '@countersign/core';
import { bodyHash } from '@countersign/core/adapter';
import { Authenticated, AuthorizedFetch } from '@countersign/nestjs';
import { AuthorizedHttpModule } from '@countersign/nestjs/axios';
import { TestIssuer } from '@countersign/testing';
import { censusOptions, SERVICE, startApplication, type Application } from '../support/application.js';
import { claimsOf, startCalledService, type CalledService } from '../support/called-service.js';
import { heraldAt, useNewCaller, type CallerOptions } from '../support/hooks/use-caller.js';
import { bearer, send } from '../support/http.js';

describe('HttpService of AuthorizedHttpModule', () => {
  let issuer: TestIssuer;
  let called: CalledService;
  let elsewhere: CalledService;
  let census: Application;
  let http: HttpService;

  beforeAll(async () => {
    issuer = await TestIssuer.start({ issuer: 'https://gateway.service/' });
    called = await startCalledService();
    elsewhere = await startCalledService();
    const destination = {
      name: 'herald',
      url: called.origin,
      onBehalfOf: 'service',
      authorize: 'mint',
    } as const;
    census = await startApplication({
      adapter: () => new ExpressAdapter(),
      options: { ...censusOptions(issuer, issuer.keyStore), destinations: [destination] },
      imports: [AuthorizedHttpModule.register({ baseURL: `${called.origin}/base/` })],
    });
    http = census.nest.get(HttpService, { strict: false });
  });
  afterAll(async () => {
    await census.close();
    called.close();
    elsewhere.close();
    await issuer.close();
  });
  beforeEach(() => {
    called.received.length = elsewhere.received.length = 0;
  });

  it('signs the URL that base, path and params make, and the JSON that is sent', async () => {
    await firstValueFrom(http.post('user', { name: 'Ä' }, { params: { a: [1, 2], b: 'c d' } }));
    const [sent] = called.received;
    expect(sent!.body.toString()).toBe('{"name":"Ä"}');
    expect(sent!.headers['content-type']).toBe('application/json');
    expect(claimsOf(sent!)).toMatchObject({ htu: `${called.origin}${sent!.url}`, bdy: bodyHash(sent!.body) });
  });

  it('never lets an absolute URL take the token to another origin', async () => {
    await firstValueFrom(http.get(`${elsewhere.origin}/user`)).catch(() => undefined);
    const own = http.axiosRef.get(`${elsewhere.origin}/user`, { baseURL: '', allowAbsoluteUrls: true });
    await expect(own).rejects.toMatchObject({ code: 'destination_unknown' });
    expect(elsewhere.received).toEqual([]);
  });

  it('keeps its own rules whatever a call asks for', async () => {
    const target = encodeURIComponent(`${elsewhere.origin}/user`);
    const { port } = new URL(elsewhere.origin);
    const options = { maxRedirects: 5, proxy: { host: '127.0.0.1', port: Number(port) } };
    await expect(
      http.axiosRef.get(`/status/302?to=${target}`, { ...options, baseURL: called.origin }),
    ).rejects.toMatchObject({
      code: 'redirect_refused',
    });
    expect(called.received).toHaveLength(1);
    expect(elsewhere.received).toEqual([]);
  });

  it('runs interceptors before it signs, so that what they change is signed', async () => {
    const id = http.axiosRef.interceptors.request.use((config) => ({ ...config, data: { changed: true } }));
    try {
      await firstValueFrom(http.post('user', { changed: false }));
    } finally {
      http.axiosRef.interceptors.request.eject(id);
    }
    const [sent] = called.received;
    expect(claimsOf(sent!)).toMatchObject({ bdy: bodyHash(Buffer.from('{"changed":true}')) });
  });

  it('keeps the token out of answers and errors', async () => {
    const url = `/status/500?to=x`;
    const response = await http.axiosRef.get(url, { baseURL: called.origin, validateStatus: () => true });
    const error: unknown = await http.axiosRef
      .get(url, { baseURL: called.origin })
      .catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(AxiosError);
    expect(error).toMatchObject({ response: { status: 500, data: 'answer' } });
    const refused: unknown = await http.axiosRef
      .get('http://127.0.0.1:1/', { baseURL: '' })
      .catch((caught: unknown) => caught);
    expect(refused).toBeInstanceOf(CountersignError);
    for (const each of [response, error, refused]) {
      const printed = inspect(each, { depth: 6, showHidden: true }) + JSON.stringify(each);
      expect(printed.includes('eyJ')).toBe(false);
    }
  });
});

describe('a call for a user', () => {
  @Controller()
  class AskController {
    constructor(
      private readonly authorizedFetch: AuthorizedFetch,
      private readonly http: HttpService,
    ) {}

    @Get('fetch')
    @Authenticated()
    async byFetch(@Query('url') url: string) {
      return (await this.authorizedFetch.fetch(url)).status;
    }

    @Get('axios')
    @Authenticated()
    async byAxios(@Query('url') url: string) {
      return (await firstValueFrom(this.http.get(url))).status;
    }
  }

  let issuer: TestIssuer;
  let called: CalledService;
  let census: Application;

  const options: CallerOptions = (services, gateway) => ({
    trust: [gateway.trustRecord({ scopes: ['user:read', 'user:write'], actsFor: [`${SERVICE}user/`] })],
    destinations: [
      {
        ...heraldAt(services.called.origin),
        onBehalfOf: 'user',
        scopes: ['user:read', 'notification:send'],
      },
    ],
  });
  useNewCaller({ options, controllers: [AskController] }, (started) => {
    ({ issuer, called, census } = started);
  });

  it.each(['fetch', 'axios'])(
    'by %s carries the user, what the user may do, and who acts',
    async (client) => {
      const claims = { sub: `${SERVICE}user/21/`, scope: 'user:read user:write', txn: 'txn-1' };
      const headers = [bearer(await issuer.token({ audience: SERVICE, claims }))];
      const answer = await send(census.origin, {
        path: `/${client}?url=${encodeURIComponent(called.origin)}`,
        headers,
      });
      expect(answer.status).toBe(200);
      expect(claimsOf(called.received[0]!)).toMatchObject({
        iss: SERVICE,
        sub: `${SERVICE}user/21/`,
        scope: 'user:read',
        txn: 'txn-1',
        act: { sub: SERVICE, act: { sub: issuer.issuer } },
      });
    },
  );
});
