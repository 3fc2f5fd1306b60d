import { HttpService } from '@nestjs/axios';
import { type AxiosRequestConfig } from 'axios';
import { bodyHash } from '@countersign/core/adapter';
import { AuthorizedFetch } from '@countersign/nestjs';
import { type Application } from '../support/application.js';
import { claimsOf, type CalledService } from '../support/called-service.js';
import { useCaller } from '../support/hooks/use-caller.js';

/** What would be asked in place of the network, if anything looked at it. */
const asked: string[] = [];
const spy = (name: string) => () => {
  asked.push(name);
  throw new Error(`${name} was asked`);
};

const AXIOS_OPTIONS: readonly (readonly [string, AxiosRequestConfig])[] = [
  [
    'redirects',
    { maxRedirects: 21, beforeRedirect: spy('beforeRedirect'), sensitiveHeaders: ['authorization'] },
  ],
  ['a proxy', { proxy: { host: '127.0.0.1', port: 1, auth: { username: 'u', password: 'p' } } }],
  ['a socket', { socketPath: '/nowhere.sock', allowedSocketPaths: ['/nowhere.sock'] }],
  ['a transport', { transport: { request: spy('transport') } }],
  [
    'parts of the environment',
    { env: { fetch: spy('fetch'), Request: spy('Request') as never, Response: spy('Response') as never } },
  ],
  [
    'options of fetch',
    { fetchOptions: { headers: { authorization: 'x' }, redirect: 'follow', body: 'other' } },
  ],
  ['tokens of a browser', { xsrfCookieName: 'a', xsrfHeaderName: 'Authorization', withXSRFToken: true }],
  ['credentials of a browser', { withCredentials: true }],
  ['how forms are written', { formDataHeaderPolicy: 'legacy', formSerializer: { dots: true } }],
  ['how fast it is sent', { maxRate: 1_000_000, onUploadProgress: () => undefined }],
  ['how the answer is read', { insecureHTTPParser: true, decompress: false, responseEncoding: 'latin1' }],
  ['a query with a fragment', { params: { a: 1 }, paramsSerializer: () => 'a=b#/other' }],
  ['a query with line breaks', { params: { a: 1 }, paramsSerializer: () => 'a=b\r\nX-Other: c' }],
  ['a query in its own writing', { params: new URLSearchParams('b=ü&b=/../') }],
  ['a method in lower case', { method: 'put' }],
];

const FETCH_OPTIONS: readonly (readonly [string, RequestInit])[] = [
  ['that redirects are followed', { redirect: 'follow' }],
  ['that redirects are an error', { redirect: 'error' }],
  ['where it comes from', { referrer: 'https://other.example/', referrerPolicy: 'unsafe-url' }],
  ['credentials of a browser', { credentials: 'include', mode: 'cors', window: null }],
  ['how it may be cached', Object.assign({ keepalive: true }, { cache: 'reload' })],
  ['that its body is a stream', { duplex: 'half' }],
  ['a method in lower case', { method: 'put' }],
];

describe('a call is sent as it was signed, where it was to go', () => {
  let called: CalledService;
  let census: Application;

  useCaller({}, (started) => {
    ({ called, census } = started);
  });
  beforeEach(() => {
    asked.length = 0;
  });

  function expectSigned(): void {
    expect(asked).toEqual([]);
    expect(called.received).toHaveLength(1);
    const [sent] = called.received;
    expect(sent!.body.toString()).toBe('body');
    expect(sent!.headers).not.toHaveProperty('x-other');
    expect(claimsOf(sent!)).toMatchObject({
      bdy: bodyHash(Buffer.from('body')),
      htm: sent!.method,
      htu: `${called.origin}${sent!.url}`,
    });
  }

  it.each(AXIOS_OPTIONS)('when axios is told %s', async (_what, options) => {
    const { axiosRef } = census.nest.get(HttpService, { strict: false });
    const call = { method: 'POST', url: `${called.origin}/user/`, data: 'body', ...options };
    expect((await axiosRef.request<string>(call)).data).toBe('answer');
    expectSigned();
  });

  it.each(FETCH_OPTIONS)('when fetch is told %s', async (_what, options) => {
    const call = { method: 'POST', body: 'body', ...options };
    const response = await census.nest.get(AuthorizedFetch).fetch(`${called.origin}/user/`, call);
    expect(await response.text()).toBe('answer');
    expectSigned();
  });

  it.each(['follow', 'manual', 'error'] as const)(
    'and no further, whatever fetch is told: %s',
    async (redirect) => {
      const url = `${called.origin}/status/302?to=${encodeURIComponent(called.origin)}`;
      const sending = census.nest.get(AuthorizedFetch).fetch(url, { redirect });
      await expect(sending).rejects.toMatchObject({ code: 'redirect_refused' });
      expect(called.received).toHaveLength(1);
    },
  );
});
