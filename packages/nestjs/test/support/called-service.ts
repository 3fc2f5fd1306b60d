import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';

export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface CalledService {
  readonly received: Received[];
  readonly origin: string;
  close(): void;
}

/** The claims of the token that a call carried. */
export function claimsOf({ headers }: Received): Readonly<Record<string, unknown>> {
  const token = (headers.authorization ?? '').replace('Bearer ', '') || String(headers['jwt'] ?? '');
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<
    string,
    unknown
  >;
}

/** A called service that keeps what it receives, and answers what the path asks for; on a free port unless one is given. */
export async function startCalledService(port = 0): Promise<CalledService> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      received.push({ method, url, headers, body: Buffer.concat(chunks) });
      const [, status, target] = /^\/status\/(\d+)\?to=(.*)$/.exec(url) ?? [];
      if (url === '/never/') return;
      response.statusCode = Number(status ?? 200);
      if (target !== undefined) response.setHeader('location', decodeURIComponent(target));
      response.end('answer');
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    received,
    origin: originOf(server),
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Where a server that listens on 127.0.0.1 is to be found. */
export function originOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('the server has no port');
  return `http://127.0.0.1:${String(address.port)}`;
}
