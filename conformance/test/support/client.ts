import { request as httpRequest } from 'node:http';
import { connect } from 'node:http2';

/** A request exactly as it goes over the wire: headers are neither joined nor reordered. */
export interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Sent in these pieces, each in a turn of its own. Undefined for no body. */
  readonly pieces?: readonly Uint8Array[] | undefined;
}

export interface Answer {
  readonly status: number;
  readonly challenge: string | undefined;
  readonly retryAfter: string | undefined;
  readonly type: string | undefined;
  readonly json: Readonly<Record<string, unknown>>;
}

type Headers = Readonly<Record<string, unknown>>;

export function sendHttp1(origin: string, { method, path, headers, pieces }: Sent): Promise<Answer> {
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
    void writeAll(request, pieces);
  });
}

export function sendHttp2(origin: string, { method, path, headers, pieces }: Sent): Promise<Answer> {
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
    if (pieces !== undefined) void writeAll(stream, pieces);
  }).finally(() => {
    session.close();
  });
}

interface Writable {
  write(piece: Uint8Array): unknown;
  end(): unknown;
}

async function writeAll(stream: Writable, pieces: readonly Uint8Array[] = []): Promise<void> {
  for (const piece of pieces) {
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
