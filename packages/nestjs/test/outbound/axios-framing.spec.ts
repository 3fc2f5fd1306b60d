import { createServer, type IncomingHttpHeaders } from 'node:http2';
import { type AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { HttpService } from '@nestjs/axios';
import { ExpressAdapter } from '@nestjs/platform-express';
import { AxiosHeaders, type AxiosInstance, type AxiosRequestConfig } from 'axios';
import { bodyHash } from '@countersign/core/adapter';
import { AuthorizedHttpModule } from '@countersign/nestjs/axios';
import { type TestIssuer } from '@countersign/testing';
import { censusOptions, startApplication, type Application } from '../support/application.js';
import { claimsOf, type CalledService } from '../support/called-service.js';
import { BODY, COPIED } from '../support/copied-headers.js';
import { useNewCaller } from '../support/hooks/use-caller.js';

describe('what axios is told about framing', () => {
  let issuer: TestIssuer;
  let called: CalledService;
  let census: Application;
  let http: AxiosInstance;

  useNewCaller({}, (started) => {
    ({ issuer, called, census } = started);
    http = census.nest.get(HttpService, { strict: false }).axiosRef;
  });

  const set =
    (name: string, value: unknown): ((instance: AxiosInstance) => AxiosRequestConfig) =>
    () => ({ headers: { [name]: value as string } });

  it.each<readonly [string, (instance: AxiosInstance) => AxiosRequestConfig]>([
    ['in lower case', set('content-length', 5)],
    ['in upper case', set('CONTENT-LENGTH', '5')],
    ['with a space before the name', set(' Content-Length', '5')],
    ['with a space after the name', set('Content-Length ', '5')],
    ['as a list', set('Content-Length', ['5', '5'])],
    ['as nothing, so that axios sets none', set('Content-Length', false)],
    ['as null', set('Content-Length', null)],
    ['as another host', set('host', 'tenant.example')],
    ['as a list of hosts', set('HOST', ['tenant.example', 'b.example'])],
    ['as another coding of the transfer', set('Transfer-Encoding', 'gzip, chunked')],
    [
      'by headers of its own kind',
      () => ({ headers: new AxiosHeaders({ host: 'a', 'content-length': '5' }) }),
    ],
    [
      'as pseudo headers of HTTP/2',
      () => ({ headers: { ':authority': 'a', ':path': '/b', ':method': 'PUT' } }),
    ],
    [
      'by the defaults of the instance',
      (instance) => {
        Object.assign(instance.defaults.headers.common, { Host: 'a', 'Content-Length': '5' });
        Object.assign(instance.defaults.headers.delete, { 'Transfer-Encoding': 'chunked' });
        return {};
      },
    ],
    [
      'by an interceptor',
      (instance) => {
        instance.interceptors.request.use((config) => {
          config.headers.set({ Host: 'a', 'Content-Length': '5' });
          return config;
        });
        return {};
      },
    ],
    [
      'by an interceptor, around axios',
      (instance) => {
        instance.interceptors.request.use((config) => {
          Object.assign(config.headers, {
            ' Host': 'a',
            HOST: 'b',
            ' content-length': '5',
            'Content-Length': '6',
          });
          return config;
        });
        return {};
      },
    ],
    [
      'by a transformation of the body',
      () => ({
        transformRequest: (data: unknown, headers) => {
          Object.assign(headers, { HOST: 'a', 'content-length': '5', 'Content-Length': '6' });
          return data;
        },
      }),
    ],
    [
      'by a transformation that puts others in their place',
      () => ({
        transformRequest(data: unknown) {
          Object.assign(this, { headers: new AxiosHeaders({ ' Host': 'a', ' content-length ': '5' }) });
          return data;
        },
      }),
    ],
  ])('makes no difference %s', async (_how, configure) => {
    const config = configure(http);
    for (const method of ['POST', 'DELETE']) {
      const call = { ...config, method, url: `${called.origin}/user/`, data: BODY };
      expect((await http.request<string>(call)).data).toBe('answer');
    }
    expect(called.received.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'POST /user/',
      'DELETE /user/',
    ]);
    for (const sent of called.received) {
      expect(sent.headers.host).toBe(new URL(called.origin).host);
      expect(sent.headers['content-length']).toBe(String(BODY.length));
      expect(sent.headers['transfer-encoding']).toBeUndefined();
      expect(claimsOf(sent)).toMatchObject({ bdy: bodyHash(Buffer.from(BODY)), htm: sent.method });
    }
  });

  it('leaves what belongs to the body alone, and signs the octets as they are', async () => {
    const headers = {
      'Content-Encoding': 'gzip',
      'Content-Language': 'de',
      'Content-Type': 'application/x-own',
    };
    await http.post(`${called.origin}/user/`, Buffer.from([1, 2, 3]), { headers });
    const [sent] = called.received;
    expect(sent!.headers).toMatchObject({
      'content-encoding': 'gzip',
      'content-language': 'de',
      'content-type': 'application/x-own',
    });
    expect(claimsOf(sent!)).toMatchObject({ bdy: bodyHash(Buffer.from([1, 2, 3])) });
  });

  it('is the same over HTTP/2, where frames do it', async () => {
    const received: { readonly headers: IncomingHttpHeaders; readonly body: Buffer }[] = [];
    const server = createServer((request, response) => {
      const pieces: Buffer[] = [];
      request.on('data', (piece: Buffer) => pieces.push(piece));
      request.on('end', () => {
        received.push({ headers: request.headers, body: Buffer.concat(pieces) });
        response.end('answer');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const host = `127.0.0.1:${String(port)}`;
    const herald = {
      name: 'herald',
      url: `http://${host}/`,
      onBehalfOf: 'service',
      authorize: 'mint',
    } as const;
    const destinations = [
      herald,
      { ...herald, name: 'unbound', url: `http://${host}/unbound/`, bodyBinding: 'off' } as const,
    ];
    const other = await startApplication({
      adapter: () => new ExpressAdapter(),
      options: { ...censusOptions(issuer, issuer.keyStore), destinations },
      imports: [AuthorizedHttpModule],
    });
    try {
      const { axiosRef } = other.nest.get(HttpService, { strict: false });
      for (const [path, data] of [
        ['', BODY],
        ['unbound/', Readable.from([Buffer.from(BODY)])],
      ] as const) {
        const config = { headers: COPIED, httpVersion: 2, http2Options: { sessionTimeout: 10 } } as const;
        expect((await axiosRef.post<string>(`http://${host}/${path}`, data, config)).data).toBe('answer');
      }
      for (const { headers, body } of received) {
        expect(headers).toMatchObject({ ':authority': host, ':method': 'POST', 'x-request-id': 'kept' });
        expect(headers.authorization).toMatch(/^Bearer eyJ/);
        expect([headers.host, headers['transfer-encoding'], headers['te']]).toEqual([
          undefined,
          undefined,
          undefined,
        ]);
        expect(body.toString()).toBe(BODY);
      }
      expect(received.map(({ headers }) => headers[':path'])).toEqual(['/', '/unbound/']);
    } finally {
      await other.close();
      server.close();
    }
  });
});
