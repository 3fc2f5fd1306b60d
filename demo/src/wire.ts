import { once } from 'node:events';
import { createServer, request as forward, type IncomingHttpHeaders } from 'node:http';
import { buffer } from 'node:stream/consumers';

/** A request as it was seen on the way. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The way from the gateway to herald, with somebody on it who reads along, and may change what passes. */
export interface Wire {
  /** Ends in `/`. */
  readonly url: string;
  /** The last call with a token that passed. */
  readonly seen: SeenRequest | undefined;
  /** Changes the body of the next one. */
  changeNext(change: (body: string) => string): void;
  stop(): Promise<void>;
}

/** Listens on `port` of this machine, and hands everything on to `target`. */
export async function startWire(port: number, target: string): Promise<Wire> {
  let seen: SeenRequest | undefined;
  let change = (body: string): string => body;
  const server = createServer((request, response) => {
    const { method = 'GET', url = '/', headers } = request;
    const pass = (octets: Buffer): void => {
      const sent = octets.toString();
      // The page of the gateway asks herald for its mails, too, when somebody has it open: without a token.
      const isCall = headers.authorization !== undefined;
      const body = isCall ? change(sent) : sent;
      if (isCall) {
        change = (same) => same;
        seen = { method, path: url, headers: plain(headers), body: sent };
      }
      const length = body === '' ? {} : { 'content-length': String(Buffer.byteLength(body)) };
      const onward = forward(new URL(url, target), { method, headers: { ...headers, ...length } });
      onward.on('response', (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      onward.on('error', () => response.destroy());
      onward.end(body);
    };
    buffer(request).then(pass, () => response.destroy());
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const taken = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://127.0.0.1:${String(taken)}/`,
    get seen() {
      return seen;
    },
    changeNext(next) {
      change = next;
    },
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
      });
    },
  };
}

const SENT_AGAIN = ['authorization', 'content-type'] as const;

function plain(headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
  return Object.fromEntries(SENT_AGAIN.map((name) => [name, headers[name] ?? '']));
}
