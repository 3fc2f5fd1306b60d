import { request as httpRequest } from 'node:http';
import { connect } from 'node:http2';
import { connect as connectTcp } from 'node:net';

/** A request exactly as it goes over the wire: headers are neither joined nor reordered. */
export interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Sent in these pieces, each in a turn of its own. Undefined for no body. */
  readonly pieces?: readonly Uint8Array[] | undefined;
  /** Awaited before the last piece is sent. */
  readonly beforeLast?: () => Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly challenge: string | undefined;
  readonly retryAfter: string | undefined;
  readonly type: string | undefined;
  readonly json: Readonly<Record<string, unknown>>;
}

type Headers = Readonly<Record<string, unknown>>;

export function sendHttp1(origin: string, sent: Sent): Promise<Answer> {
  const { method, path, headers, pieces } = sent;
  const url = new URL(origin);
  const length = pieces?.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const framing: readonly (readonly [string, string])[] =
    pieces === undefined
      ? []
      : pieces.length > 1
        ? [['Transfer-Encoding', 'chunked']]
        : [['Content-Length', String(length)]];
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        host: url.hostname,
        port: url.port,
        method,
        path,
        agent: false,
        headers: [['Host', url.host], ...headers, ...framing].flat(),
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          resolve(answerOf(response.statusCode ?? 0, response.headers, Buffer.concat(chunks).toString()));
        });
      },
    );
    request.on('error', reject);
    if (headers.some(([name]) => name === 'Expect')) {
      request.on('continue', () => void writeAll(request, sent));
      request.flushHeaders();
    } else void writeAll(request, sent);
  });
}

export function sendHttp2(origin: string, sent: Sent): Promise<Answer> {
  const { method, path, headers, pieces } = sent;
  const session = connect(origin);
  return new Promise<Answer>((resolve, reject) => {
    session.on('error', reject);
    const list: Record<string, string | string[]> = { ':method': method, ':path': path };
    for (const [given, value] of headers) {
      const name = given.toLowerCase();
      const before = list[name];
      list[name] = before === undefined ? value : [before, value].flat();
    }
    const stream = session.request(list, { endStream: pieces === undefined });
    let head: Headers = {};
    const chunks: Buffer[] = [];
    stream.on('response', (received) => {
      head = received;
    });
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', reject);
    stream.on('end', () => {
      resolve(answerOf(Number(head[':status']), head, Buffer.concat(chunks).toString()));
    });
    if (pieces !== undefined) void writeAll(stream, sent);
  }).finally(() => {
    session.close();
  });
}

/** Sends text as it is over one connection, ends it, and waits for all that comes back. HTTP/1 only. */
export async function sendRaw(origin: string, text: string): Promise<string> {
  const socket = connectTcp(Number(new URL(origin).port), '127.0.0.1');
  socket.end(text);
  let received = '';
  for await (const chunk of socket) received += String(chunk);
  return received;
}

interface Writable {
  write(piece: Uint8Array): unknown;
  end(): unknown;
}

async function writeAll(stream: Writable, { pieces = [], beforeLast }: Sent): Promise<void> {
  for (const [index, piece] of pieces.entries()) {
    if (index === pieces.length - 1) await beforeLast?.();
    stream.write(piece);
    await new Promise((next) => setImmediate(next));
  }
  stream.end();
}

function answerOf(status: number, headers: Headers, text: string): Answer {
  const type = textOf(headers['content-type']);
  return {
    status,
    challenge: textOf(headers['www-authenticate']),
    retryAfter: textOf(headers['retry-after']),
    type,
    json: type?.includes('json') === true && text !== '' ? (JSON.parse(text) as Answer['json']) : {},
  };
}

function textOf(header: unknown): string | undefined {
  return typeof header === 'string' ? header : undefined;
}
