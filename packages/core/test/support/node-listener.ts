import { once } from 'node:events';
import {
  createServer,
  request as http1Request,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import {
  connect,
  createSecureServer,
  createServer as createHttp2Server,
  type ClientHttp2Stream,
  type Http2SecureServer,
  type Http2Server,
  type IncomingHttpHeaders,
} from 'node:http2';
import { type AddressInfo } from 'node:net';
import { type Writable } from 'node:stream';
import { selfSigned } from './self-signed.js';

/** A listener for all protocols; each test sends the same over each. */
export type Listener = (request: IncomingMessage, response: ServerResponse) => void;

export interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Received {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly code: string | undefined;
}

/** A server on a free port, and a client of it. */
export interface Running {
  /** Sends a request. @throws Error when the answer breaks off. */
  ask(sent?: Sent): Promise<Received>;
  /** Begins a request with this body, of which more is announced, and gives up. */
  giveUp(sent: Sent): Promise<void>;
  close(): Promise<void>;
}

export interface Protocol {
  readonly name: string;
  start(listener: Listener): Promise<Running>;
}

const tls = selfSigned('localhost');

/** `describe.each(PROTOCOLS)('over $name', ({ start }) => ...)`. */
export const PROTOCOLS: readonly Protocol[] = [
  { name: 'HTTP/1.1', start: (listener) => startHttp1(createServer(listener)) },
  {
    name: 'HTTP/2 in clear text',
    start: (listener) => startHttp2(createHttp2Server(listener as never), 'http'),
  },
  {
    name: 'HTTP/2 over TLS',
    start: (listener) =>
      startHttp2(createSecureServer({ ...tls, allowHTTP1: true }, listener as never), 'https'),
  },
];

async function portOf(server: Server | Http2Server | Http2SecureServer): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return String((server.address() as AddressInfo).port);
}

async function startHttp1(server: Server): Promise<Running> {
  const port = await portOf(server);
  const send = ({ method = 'GET', path = '/order', headers = {} }: Sent, length: number) =>
    http1Request({
      port,
      host: '127.0.0.1',
      method,
      path,
      headers: { ...headers, ...(length > 0 && { 'Content-Length': length }) },
    });
  return {
    async ask(sent = {}) {
      const { body = '', headers = {} } = sent;
      const request = send(sent, Buffer.byteLength(body));
      if (headers['Expect'] === undefined) request.end(body);
      else request.once('continue', () => request.end(body)).flushHeaders();
      const [answer] = (await once(request, 'response')) as [IncomingMessage];
      return received(answer.statusCode, answer.headers, (await answer.toArray()) as Buffer[]);
    },
    async giveUp(sent) {
      const request = send(sent, Buffer.byteLength(sent.body ?? '') + 1);
      request.on('error', () => undefined);
      await written(request, sent.body);
      request.destroy();
      await new Promise((resolve) => request.once('close', resolve));
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function startHttp2(server: Http2Server | Http2SecureServer, scheme: string): Promise<Running> {
  const session = connect(`${scheme}://127.0.0.1:${await portOf(server)}`, { rejectUnauthorized: false });
  const send = ({ method = 'GET', path = '/order', headers = {} }: Sent): ClientHttp2Stream =>
    session.request({ ':method': method, ':path': path, ...headers }, { endStream: false });
  return {
    async ask(sent = {}) {
      const stream = send(sent);
      if (sent.headers?.['Expect'] === undefined) stream.end(sent.body);
      else stream.once('continue', () => stream.end(sent.body));
      const [head] = (await once(stream, 'response')) as [IncomingHttpHeaders & { ':status'?: number }];
      return received(head[':status'], head, (await stream.toArray()) as Buffer[]);
    },
    async giveUp(sent) {
      const length = { 'content-length': String(Buffer.byteLength(sent.body ?? '') + 1) };
      const stream = send({ ...sent, headers: { ...sent.headers, ...length } });
      stream.on('error', () => undefined);
      await written(stream, sent.body);
      stream.close(8);
      await new Promise((resolve) => stream.once('close', resolve));
    },
    async close() {
      session.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Until what was written has left. */
async function written(stream: Writable, body = ''): Promise<void> {
  await new Promise((resolve) => stream.write(body, resolve));
}

function received(
  status: number | undefined,
  headers: Received['headers'],
  chunks: readonly Buffer[],
): Received {
  const text = Buffer.concat(chunks).toString();
  const isProblem = headers['content-type'] === 'application/problem+json';
  const code = isProblem ? (JSON.parse(text) as { readonly code: string }).code : undefined;
  return { status: status ?? 0, headers, text, code };
}
