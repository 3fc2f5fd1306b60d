import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { inspect } from 'node:util';
import { HttpService } from '@nestjs/axios';
import { ExpressAdapter } from '@nestjs/platform-express';
import axios, { AxiosError, type AxiosInstance, type AxiosRequestConfig } from 'axios';
import { AuthorizedHttpModule } from '@countersign/nestjs/axios';
import { TestIssuer } from '@countersign/testing';
import { censusOptions, startApplication, type Application } from '../support/application.js';
import { originOf } from '../support/called-service.js';

/** Whether a text can be reached from a value by properties, hidden ones too, however deep. */
function leadsTo(text: string, value: unknown): boolean {
  const seen = new Set<unknown>();
  const rest = [value];
  while (rest.length > 0) {
    const next = rest.pop();
    if (typeof next === 'string' && next.includes(text)) return true;
    if (next === null || (typeof next !== 'object' && typeof next !== 'function')) continue;
    if (seen.has(next) || ArrayBuffer.isView(next)) continue;
    seen.add(next);
    for (const name of Reflect.ownKeys(next)) rest.push(Reflect.getOwnPropertyDescriptor(next, name)?.value);
  }
  return false;
}

const ANSWERS: Readonly<Record<string, (response: ServerResponse) => void>> = {
  '/begin': (response) => void response.write('first'),
  '/failed': (response) => void response.writeHead(500).write('first'),
  '/broken': (response) => void response.write('first', () => response.destroy()),
  '/not-gzip': (response) => void response.writeHead(200, { 'Content-Encoding': 'gzip' }).end('plain'),
  '/at-once': (response) => void response.writeHead(500).end('no'),
};

describe('the answer to a call by HttpService', () => {
  let issuer: TestIssuer;
  let server: Server;
  let census: Application;
  let http: AxiosInstance;
  const arrived: { readonly request: IncomingMessage; readonly response: ServerResponse }[] = [];

  beforeAll(async () => {
    issuer = await TestIssuer.start({ issuer: 'https://gateway.service/' });
    server = createServer((request, response) => {
      arrived.push({ request, response });
      ANSWERS[request.url ?? '']?.(response);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const herald = {
      name: 'herald',
      url: originOf(server),
      onBehalfOf: 'service',
      authorize: 'mint',
      bodyBinding: 'off',
    } as const;
    census = await startApplication({
      adapter: () => new ExpressAdapter(),
      options: { ...censusOptions(issuer, issuer.keyStore), destinations: [herald] },
      imports: [AuthorizedHttpModule.register({ baseURL: originOf(server) })],
    });
    http = census.nest.get(HttpService, { strict: false }).axiosRef;
  });
  afterAll(async () => {
    await census.close();
    server.closeAllConnections();
    server.close();
    await issuer.close();
  });
  beforeEach(() => {
    arrived.length = 0;
  });

  const streamed = { responseType: 'stream' } as const;

  function expectOutOfReach(value: unknown): void {
    const token = (arrived[0]!.request.headers.authorization ?? '').replace('Bearer ', '');
    expect(token).toMatch(/^eyJ/);
    expect(leadsTo(token, value)).toBe(false);
    expect(inspect(value, { depth: 8, showHidden: true }) + JSON.stringify(value)).not.toContain(token);
  }

  async function thrownBy(call: Promise<unknown>): Promise<AxiosError> {
    const thrown: unknown = await call.then(
      () => undefined,
      (error: unknown) => error,
    );
    if (thrown instanceof AxiosError) return thrown;
    throw new Error('no error of axios', { cause: thrown });
  }

  async function readToItsEnd(stream: Readable): Promise<void> {
    for await (const piece of stream) expect(String(piece)).toBe('first');
  }

  it('leads to the token where plain axios streams it', async () => {
    const headers = { authorization: 'Bearer eyJ.own' };
    const { data } = await axios.get<Readable>(`${originOf(server)}/begin`, { ...streamed, headers });
    expect(leadsTo('eyJ.own', data)).toBe(true);
    data.destroy();
  });

  it('does not lead to the token when it is streamed, good or bad', async () => {
    const response = await http.get<Readable>('/begin', streamed);
    expectOutOfReach({ ...response });
    const error = await thrownBy(http.get('/failed', streamed));
    expect(error.response?.status).toBe(500);
    expectOutOfReach(error);
    response.data.destroy();
    (error.response?.data as Readable).destroy();
  });

  it.each<readonly [string, string, AxiosRequestConfig, string]>([
    ['its time is over', '/begin', { timeout: 1500 }, 'ECONNABORTED'],
    ['the connection breaks', '/broken', {}, 'ECONNRESET'],
    ['it is longer than it may be', '/begin', { maxContentLength: 3 }, 'ERR_BAD_RESPONSE'],
    ['its coding is wrong', '/not-gzip', {}, 'Z_DATA_ERROR'],
  ])(
    'does not lead to the token when it is streamed and ends with an error: %s',
    async (_when, path, config, code) => {
      const response = await http.get<Readable>(path, { ...streamed, ...config });
      const error: unknown = await readToItsEnd(response.data).catch((caught: unknown) => caught);
      expect(error).toMatchObject({ code });
      expectOutOfReach(error);
      expectOutOfReach({ ...response });
    },
  );

  it('does not lead to the token when it is streamed and the application aborts', async () => {
    const controller = new AbortController();
    const { data } = await http.get<Readable>('/begin', { ...streamed, signal: controller.signal });
    const reading = thrownBy(readToItsEnd(data));
    controller.abort();
    const error = await reading;
    expect(axios.isCancel(error)).toBe(true);
    expectOutOfReach(error);
  });

  it('does not lead to the token by a streamed body that is still on its way when it comes', async () => {
    const body = new Readable({
      read() {
        setImmediate(() => this.push(Buffer.alloc(16_384)));
      },
    });
    const error = await thrownBy(http.post('/at-once', body));
    expect(error.config?.data).toBe(body);
    expectOutOfReach(error);
    body.destroy();
  });

  it('does not lead to the token by the cause of an error', async () => {
    const arrival = once(server, 'request');
    async function* pieces() {
      yield Buffer.alloc(100);
      await arrival;
      yield Buffer.alloc(100);
    }
    const error = await thrownBy(http.post('/never', Readable.from(pieces()), { maxBodyLength: 150 }));
    expect(error).toMatchObject({ code: 'ERR_BAD_REQUEST' });
    expectOutOfReach(error);
  });

  it('ends the call when it is streamed and let go', async () => {
    const { data } = await http.get<Readable>('/begin', streamed);
    const closed = once(arrived[0]!.response, 'close');
    data.destroy();
    await closed;
  });
});
