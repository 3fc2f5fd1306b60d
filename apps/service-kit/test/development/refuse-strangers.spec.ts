import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { type Asker, Problem, refuseStrangers, rememberForwarding } from '../../src/index.js';
import { startProxy } from '../../src/testing.js';

type Headers = Readonly<Record<string, string>>;

const ASKERS: readonly Asker[] = ['program', 'page', 'visitor'];

let server: Server;
let url: string;
/** For whom the handler ran. */
let reached: string[];

beforeEach(async () => {
  reached = [];
  server = createServer((incoming, response) => {
    const asker = ASKERS.find((each) => incoming.url === `/${each}`)!;
    try {
      refuseStrangers(incoming, asker);
      reached.push(asker);
      response.end();
    } catch (error) {
      response.writeHead(error instanceof Problem ? error.getStatus() : 500).end();
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  url = `http://127.0.0.1:${String(typeof address === 'object' && address?.port)}`;
});

afterEach(async () => {
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
});

/** Not with `fetch`, which sends no `Host`, `Origin` or `Via` of ours. */
async function ask(where: string, asker: Asker, headers: Headers = {}, method = 'GET'): Promise<number> {
  const asked = request(`${where}/${asker}`, { headers, method }).end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  answer.resume();
  return answer.statusCode ?? 0;
}

/** Asks as a program of this machine, which is let in, and then in a way that must not be. */
async function expectRefused(asker: Asker, headers: Headers): Promise<void> {
  expect(await ask(url, asker)).toBe(200);
  reached = [];
  expect(await ask(url, asker, headers)).toBe(404);
  expect(reached).toEqual([]);
}

describe('A development endpoint answers', () => {
  it.each(ASKERS)('a program of this machine, where it is for a %s', async (asker) => {
    const { port } = new URL(url);
    for (const host of ['127.0.0.1', 'localhost', '[::1]'])
      expect(await ask(url, asker, { host: `${host}:${port}` })).toBe(200);
    expect((await fetch(`${url}/${asker}`, { method: 'POST' })).status).toBe(200);
  });

  it.each(['page', 'visitor'] as const)(
    'its own page, and an address that somebody typed, where it is for a %s',
    async (asker) => {
      expect(await ask(url, asker, { 'Sec-Fetch-Site': 'same-origin' })).toBe(200);
      expect(await ask(url, asker, { 'Sec-Fetch-Site': 'same-origin', Origin: url }, 'POST')).toBe(200);
      expect(await ask(url, asker, { 'Sec-Fetch-Site': 'none', 'Sec-Fetch-Mode': 'navigate' })).toBe(200);
    },
  );

  const VISIT = {
    'Sec-Fetch-Site': 'cross-site',
    'Sec-Fetch-Mode': 'navigate',
    'Sec-Fetch-Dest': 'document',
  };

  it('whoever follows a link to it, or comes back from a login, where it is for a visitor', async () => {
    expect(await ask(url, 'visitor', VISIT)).toBe(200);
    expect(await ask(url, 'visitor', { ...VISIT, 'Sec-Fetch-Site': 'same-site' })).toBe(200);
    for (const asker of ['page', 'program'] as const) await expectRefused(asker, VISIT);
  });

  it.each([
    ['a form of another site', { 'Sec-Fetch-Dest': 'document', Origin: 'https://evil.example' }],
    ['a frame of another site', { 'Sec-Fetch-Dest': 'iframe' }],
    ['a picture of another site', { 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Dest': 'image' }],
    ['a request that does not say what it is for', { 'Sec-Fetch-Dest': undefined }],
  ])('no visitor by %s', async (_what, change) => {
    const headers = Object.entries({ ...VISIT, ...change }).filter(([, value]) => value !== undefined);
    await expectRefused('visitor', Object.fromEntries(headers) as Headers);
  });

  it('no visitor who writes', async () => {
    expect(await ask(url, 'visitor', VISIT)).toBe(200);
    expect(await ask(url, 'visitor', VISIT, 'POST')).toBe(404);
  });

  it('a program only, where it is for one: no page, not even its own', async () => {
    for (const site of ['same-origin', 'none']) await expectRefused('program', { 'Sec-Fetch-Site': site });
    for (const origin of [url, 'null']) await expectRefused('program', { Origin: origin });
  });
});

describe('A development endpoint has nothing for', () => {
  it.each(['page.attacker.example', '127.0.0.1.nip.io', '127.0.0.1@evil.example', '127.1', 'localhost.'])(
    'a name that was made to lead here: %j',
    async (host) => {
      for (const asker of ASKERS) await expectRefused(asker, { host });
    },
  );

  it.each([
    ['another site', { 'Sec-Fetch-Site': 'cross-site' }],
    ['another server of this machine', { 'Sec-Fetch-Site': 'same-site' }],
    ['two sites', { 'Sec-Fetch-Site': 'same-origin, same-origin' }],
    ['another origin', { Origin: 'https://evil.example' }],
    ['another port of this machine', { Origin: 'http://127.0.0.1:1' }],
    ['another name of this machine', { Origin: 'http://localhost' }],
    ['no origin', { Origin: 'null' }],
  ] as const)('a page of %s', async (_what, headers) => {
    for (const asker of ASKERS) await expectRefused(asker, headers);
  });

  it('a WebSocket of another site, and its event source', async () => {
    const socket = { Connection: 'Upgrade', Upgrade: 'websocket', Origin: 'https://evil.example' };
    const events = { Accept: 'text/event-stream', Origin: 'https://evil.example', 'Sec-Fetch-Mode': 'cors' };
    for (const headers of [socket, events]) await expectRefused('page', headers);
  });

  it('HTTP/1.0, which nginx speaks to what is behind it when nobody says otherwise', async () => {
    const { host, hostname, port } = new URL(url);
    const statusOf = async (version: string) => {
      const socket = connect(Number(port), hostname);
      socket.write(`GET /page HTTP/${version}\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      return / (\d+) /.exec(await text(socket))?.[1];
    };
    expect(await statusOf('1.1')).toBe('200');
    expect(await statusOf('1.0')).toBe('404');
    expect(reached).toEqual(['page']);
  });
});

/** What proxies say of a request that they hand on. */
const SAID_BY_PROXIES: readonly string[] = [
  'Forwarded',
  'X-Forwarded',
  'X-Forwarded-For',
  'X-Forwarded-Host',
  'X-Forwarded-Proto',
  'X-Forwarded-User',
  'X_Forwarded_For',
  'X-Forward-For',
  'Forwarded-For',
  'Via',
  'X-Via',
  'CDN-Loop',
  'Max-Forwards',
  'Client-Cert',
  'X-Real-IP',
  'X-Client-IP',
  'Client-IP',
  'True-Client-IP',
  'CF-Connecting-IP',
  'CF-Connecting-IPv6',
  'X-Cluster-Client-IP',
  'X-Azure-ClientIP',
  'X-Azure-SocketIP',
  'X-Remote-IP',
  'X-Remote-Addr',
  'X-Envoy-External-Address',
  'X-Original-For',
  'X-Original-Host',
  'X-Original-URL',
  'X-Rewrite-URL',
  'X-Host',
  'X-Scheme',
  'Front-End-Https',
  'X-SSL-Client-Verify',
  'X-Request-Start',
  'Proxy-Connection',
  'X-Proxy-Id',
  'CF-Ray',
  'Fastly-Client',
  'Fly-Region',
  'X-Amzn-Trace-Id',
  'X-Amz-Cf-Id',
  'X-ARR-LOG-ID',
  'X-Envoy-Attempt-Count',
  'X-Varnish',
  'Tailscale-User-Login',
  'Remote-User',
  'X-Remote-User',
  'X-Auth-Request-User',
  'X-WebAuth-User',
];

describe('A development endpoint behind a proxy of the same machine, which calls it by its own name,', () => {
  it.each(SAID_BY_PROXIES)('has nothing for a request with %s', async (name) => {
    const proxy = await startProxy(url, { [name]: 'x' });
    try {
      for (const asker of ASKERS) {
        expect(await ask(url, asker)).toBe(200);
        reached = [];
        expect(await ask(proxy.url, asker)).toBe(404);
      }
      expect(reached).toEqual([]);
    } finally {
      await proxy.close();
    }
  });

  it('has something for a request with no more than what browsers, tracing and our own services send', async () => {
    const headers = {
      Accept: '*/*',
      'Accept-Language': 'en',
      'Cache-Control': 'no-cache',
      Cookie: 'a=b',
      Authorization: 'Bearer x',
      DNT: '1',
      'Idempotency-Key': 'x',
      'Last-Event-ID': '1',
      Pragma: 'no-cache',
      Priority: 'u=1, i',
      Referer: url,
      'Sec-Ch-Ua': '"Chromium"',
      'Sec-Fetch-Dest': 'empty',
      'Sec-Fetch-Mode': 'cors',
      'Sec-Fetch-Site': 'same-origin',
      'Sec-GPC': '1',
      traceparent: '00-0-0-00',
      tracestate: 'a=b',
      baggage: 'a=b',
      'Upgrade-Insecure-Requests': '1',
      'User-Agent': 'x',
      'X-Gateway-Page': '1',
      'X-Request-Id': 'x',
      'X-Requested-With': 'x',
    };
    expect(await ask(url, 'page', headers)).toBe(200);
  });

  it('remembers the proxy also when the application removed what it said', async () => {
    server.prependListener('request', ({ headers }) => {
      Reflect.deleteProperty(headers, 'x-forwarded-user');
    });
    server.prependListener('request', rememberForwarding);
    await expectRefused('page', { 'X-Forwarded-User': 'ada' });
  });
});
