import { createServer, type Server } from 'node:http';
import { HttpService } from '@nestjs/axios';
import axios, { type AxiosRequestConfig } from 'axios';
import { type Application } from '../support/application.js';
import { CLIENTS, type Call } from '../support/clients.js';
import { claimsOf, originOf, type CalledService } from '../support/called-service.js';
import { heraldAt, useCaller, useNewCaller, type CallerOptions } from '../support/hooks/use-caller.js';

const PROXY_VARIABLES = [
  'HTTP_PROXY',
  'http_proxy',
  'HTTPS_PROXY',
  'https_proxy',
  'ALL_PROXY',
  'all_proxy',
] as const;

/** A proxy that notes what it is asked for, and forwards nothing. */
async function startProxy(): Promise<{
  readonly server: Server;
  readonly origin: string;
  readonly asked: string[];
}> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(502).end();
  });
  server.on('connect', (request, socket) => {
    asked.push(request.url ?? '');
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, origin: originOf(server), asked };
}

describe.each(CLIENTS)('a token by $name', (client) => {
  let called: CalledService;
  let elsewhere: CalledService;
  let census: Application;
  let port: string;

  const options: CallerOptions = ({ called: { origin } }) => {
    const local = { ...heraldAt(`${origin.replace('127.0.0.1', 'localhost')}/`), name: 'local' };
    return { destinations: [heraldAt(`${origin}/api/`), local] };
  };
  useCaller({ options }, (started) => {
    ({ called, elsewhere, census } = started);
    ({ port } = new URL(called.origin));
  });

  const send = (url: string, call: Omit<Call, 'url'> = {}) => client.send(census.nest, { url, ...call });

  it('reaches its destination, in whatever case or spelling the host is written', async () => {
    for (const host of ['HTTP://127.0.0.1', 'http://127.1', 'http://0x7f000001', 'http://LOCALHOST'])
      expect((await send(`${host}:${port}/api/`)).status).toBe(200);
    expect(called.received.map(({ headers }) => headers.authorization?.slice(0, 10))).toEqual(
      Array(4).fill('Bearer eyJ'),
    );
  });

  it.each([
    ['another port', (origin: string) => origin.replace(/\d+$/, '1')],
    ['another host', () => `${elsewhere.origin}/api/`],
    ['another scheme', (origin: string) => `${origin.replace('http:', 'https:')}/api/`],
    ['another path', (origin: string) => `${origin}/other/`],
    ['a path that only begins like it', (origin: string) => `${origin}/apix/`],
    ['a path that leaves it by dots', (origin: string) => `${origin}/api/../other/`],
    ['a path that leaves it by encoded dots', (origin: string) => `${origin}/api/%2E%2e/other/`],
    ['a path that leaves it by backslashes', (origin: string) => `${origin}/api\\..\\other`],
    ['a host with a trailing dot', () => `http://localhost.:${port}/`],
    [
      'a host that looks like a user',
      (origin: string) => `${origin.replace('127.0.0.1', '127.0.0.1.evil.example')}/api/`,
    ],
    ['a mapped IPv6 address', () => `http://[::ffff:127.0.0.1]:${port}/api/`],
  ])('is not sent to %s', async (_what, url) => {
    await expect(send(url(called.origin))).rejects.toMatchObject({ code: 'destination_unknown' });
    expect([...called.received, ...elsewhere.received]).toEqual([]);
  });

  it('is not sent where the URL says another host behind its own', async () => {
    const { host } = new URL(elsewhere.origin);
    await expect(send(`${called.origin}@${host}/api/`)).rejects.toMatchObject({
      code: 'destination_unknown',
    });
    expect(elsewhere.received).toEqual([]);
  });

  it('of either kind does not follow a redirect, on a write neither', async () => {
    for (const status of [301, 302, 303, 307, 308]) {
      const target = encodeURIComponent(`${elsewhere.origin}/`);
      const url = `http://localhost:${port}/status/${String(status)}?to=${target}`;
      const call = { method: 'POST', body: 'x' };
      await expect(send(url, call)).rejects.toMatchObject({ code: 'redirect_refused' });
    }
    expect(elsewhere.received).toEqual([]);
  });

  it('does not go through a proxy that the environment names', async () => {
    const proxy = await startProxy();
    const before = PROXY_VARIABLES.map((name) => [name, process.env[name]] as const);
    try {
      for (const name of PROXY_VARIABLES) process.env[name] = proxy.origin;
      expect((await send(`${called.origin}/api/`)).status).toBe(200);
      expect(proxy.asked).toEqual([]);
    } finally {
      for (const [name, value] of before) {
        if (value === undefined) Reflect.deleteProperty(process.env, name);
        else process.env[name] = value;
      }
      proxy.server.close();
      proxy.server.closeAllConnections();
    }
  });
});

describe('a call to what no destination describes, where such calls are let out', () => {
  let elsewhere: CalledService;
  let census: Application;

  useNewCaller({ options: () => ({ undeclared: 'send-without-token' }) }, (started) => {
    ({ elsewhere, census } = started);
  });

  it.each(CLIENTS)('carries no token by $name, and still no other', async (client) => {
    const url = `${elsewhere.origin}/`;
    const write = { url, method: 'POST', body: new Response('streamed').body };
    expect((await client.send(census.nest, write)).status).toBe(200);
    const { headers, body } = elsewhere.received[0]!;
    expect(body.toString()).toBe('streamed');
    for (const name of ['authorization', 'jwt', 'delegation-proof', 'countersign-timeout-ms'])
      expect(headers).not.toHaveProperty(name);

    const own = { url, headers: { Authorization: 'Bearer x' } };
    await expect(client.send(census.nest, own)).rejects.toMatchObject({
      code: 'authorization_present',
    });
    await expect(client.send(census.nest, { url, onBehalfOf: 'service' })).rejects.toMatchObject({
      code: 'destination_unknown',
    });
    await expect(client.send(census.nest, { url: `${url}status/302?to=${url}` })).rejects.toMatchObject({
      code: 'redirect_refused',
    });
    expect(elsewhere.received).toHaveLength(2);
  });
});

describe('HttpService', () => {
  let called: CalledService;
  let elsewhere: CalledService;
  let census: Application;

  useCaller({}, (started) => {
    ({ called, elsewhere, census } = started);
  });

  it.each<readonly [string, AxiosRequestConfig]>([
    ['query parameters', { params: { api_key: 'the key of another service' } }],
    ['a base URL', { baseURL: 'https://another.example/api' }],
  ])('is not reached by what is set for every call by axios afterwards: %s', async (_what, defaults) => {
    const { axiosRef } = census.nest.get(HttpService, { strict: false });
    Object.assign(axios.defaults, defaults);
    try {
      await axiosRef.post(`${called.origin}/user/?a=b`, {}, { params: { page: 2 } });
    } finally {
      for (const name of Object.keys(defaults)) Reflect.deleteProperty(axios.defaults, name);
    }
    const [sent] = called.received;
    expect(sent!.url).toBe('/user/?a=b&page=2');
    expect(claimsOf(sent!)).toMatchObject({ htu: `${called.origin}/user/?a=b&page=2` });
  });

  it('judges a base URL that a call brings by where it leads', async () => {
    const { axiosRef } = census.nest.get(HttpService, { strict: false });
    for (const options of [
      { baseURL: elsewhere.origin, url: '/user/' },
      { baseURL: called.origin, url: `${elsewhere.origin}/user/`, allowAbsoluteUrls: true },
    ]) {
      await expect(axiosRef.request(options)).rejects.toMatchObject({ code: 'destination_unknown' });
    }
    const relative = { baseURL: called.origin, url: `//${new URL(elsewhere.origin).host}/user/` };
    await expect(axiosRef.request({ ...relative, allowAbsoluteUrls: true })).rejects.toThrow(/Invalid URL/);
    expect(elsewhere.received).toEqual([]);
  });

  it('takes neither credentials nor another way from a call', async () => {
    const { axiosRef } = census.nest.get(HttpService, { strict: false });
    const auth = { username: 'u', password: 'p' };
    await expect(axiosRef.get(called.origin, { auth })).rejects.toMatchObject({
      code: 'authorization_present',
    });
    const elsewherePort = Number(new URL(elsewhere.origin).port);
    const used: unknown[] = [];
    await axiosRef.get(called.origin, {
      auth,
      overrideAuthorization: true,
      proxy: { host: '127.0.0.1', port: elsewherePort },
      socketPath: '/nowhere.sock',
      transport: { request: (...parameters: unknown[]) => used.push(parameters) },
    });
    expect(used).toEqual([]);
    expect(elsewhere.received).toEqual([]);
    expect(called.received.map(({ headers }) => headers.authorization?.slice(0, 10))).toEqual(['Bearer eyJ']);
  });
});
