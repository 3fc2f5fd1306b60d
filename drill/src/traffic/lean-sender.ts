import { connect, type Socket } from 'node:net';
import { type Answer } from './send.js';

/** Sends GET requests with next to no work of its own, so that a flood takes little from the processors it shares. */
export interface LeanSender {
  /** Sends a request with that token. Never rejects. */
  send(token: string): Promise<Answer>;
}

/** Sends to one URL; each connection has one request at a time, and there are as many as it takes. */
export function createLeanSender({ host, hostname, pathname, port }: URL): LeanSender {
  // The one that has rested longest is next, so that none rests until the server closes it.
  let idle: Connection[] = [];
  return {
    async send(token) {
      const sentAt = performance.now();
      idle = idle.filter(({ isBroken }) => !isBroken);
      const connection = idle.shift() ?? new Connection(connect(Number(port), hostname));
      const text = await connection.exchange(
        `GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${token}\r\n\r\n`,
      );
      if (!connection.isBroken) idle.push(connection);
      return { outcome: outcomeOf(text), ms: performance.now() - sentAt };
    },
  };
}

class Connection {
  isBroken = false;
  readonly #socket: Socket;
  #received = '';
  #resolve: (text: string) => void = () => undefined;

  constructor(socket: Socket) {
    this.#socket = socket.setNoDelay().setEncoding('latin1');
    socket.on('data', (chunk) => {
      this.#received += String(chunk);
      if (isWhole(this.#received)) this.#end(this.#received);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.isBroken = true;
      this.#end('');
    });
  }

  /** The whole answer; empty when the connection broke. */
  exchange(request: string): Promise<string> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#socket.write(request, 'latin1');
    });
  }

  #end(text: string): void {
    this.#received = '';
    this.#resolve(text);
  }
}

function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  const length = /\r\ncontent-length: (\d+)/i.exec(text)?.[1];
  return end >= 0 && text.length >= end + 4 + Number(length ?? 0);
}

/** As `send` says it. */
function outcomeOf(text: string): string {
  const status = /^HTTP\/1\.1 (\d{3})/.exec(text)?.[1];
  if (status === undefined) return 'the connection broke';
  const code = /"code":"(\w+)"/.exec(text)?.[1];
  const retryAfter = /\r\nretry-after:/i.test(text) ? ' Retry-After' : '';
  return code === undefined ? status : `${status} ${code}${retryAfter}`;
}
