import { createServer, type Socket } from 'node:net';

/** A message as its octets came over the connection. */
export interface RawRequest {
  readonly requestLine: string;
  /** In the order in which they came, one for each line. */
  readonly headers: readonly (readonly [string, string])[];
  /** Everything behind the empty line. */
  readonly rest: string;
}

export interface RawServer {
  readonly origin: string;
  /** All that came over each connection, as it came. */
  readonly connections: readonly RawRequest[];
  close(): void;
}

/** A server that takes nothing apart: it keeps what each connection sends, and answers when a message can have ended. */
export async function startRawServer(): Promise<RawServer> {
  const texts = new Map<Socket, string>();
  const server = createServer((socket) => {
    texts.set(socket, '');
    socket.on('error', () => undefined);
    socket.on('data', (octets) => {
      const text = `${texts.get(socket) ?? ''}${octets.toString('latin1')}`;
      texts.set(socket, text);
      if (hasEnded(text)) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('the server has no port');
  return {
    origin: `http://127.0.0.1:${String(address.port)}`,
    get connections() {
      return [...texts.values()].map(readMessage);
    },
    close() {
      for (const socket of texts.keys()) socket.destroy();
      server.close();
    },
  };
}

function readMessage(text: string): RawRequest {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const [requestLine = '', ...lines] = head.split('\r\n');
  const headers = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()] as const;
  });
  return { requestLine, headers, rest: rest.join('\r\n\r\n') };
}

/** By either framing, whichever is there; with none the message ends with its head. */
function hasEnded(text: string): boolean {
  if (!text.includes('\r\n\r\n')) return false;
  const { headers, rest } = readMessage(text);
  const fields = new Map(headers.map(([name, value]) => [name.toLowerCase(), value]));
  if (fields.has('transfer-encoding')) return rest.endsWith('0\r\n\r\n');
  return rest.length >= Number(fields.get('content-length') ?? 0);
}
