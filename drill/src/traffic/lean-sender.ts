import { connect, type Socket } from 'node:net';
import { type Answer } from './send.js';

/** Sends GET requests with next to no work of its own, so that a flood takes little from the processors it shares. */
export interface LeanSender {
  /** Sends a request with that token. Never rejects. */
  send(token: string): Promise<Answer>;
}

/** A caller has a few connections to a service and keeps them. More would have the service hold more, for nothing. */
const CONNECTIONS = 16;

/** Sends to one URL over a few connections, each with one request at a time; the others wait. */
export function createLeanSender({ host, hostname, pathname, port }: URL): LeanSender {
  const open = (): Connection => new Connection(connect(Number(port), hostname));
  // The one that has rested longest is next, so that none rests until the server closes it.
  const idle = Array.from({ length: CONNECTIONS }, open);
  const waiting: ((connection: Connection) => void)[] = [];

  function take(): Promise<Connection> {
    const connection = idle.shift();
    if (connection !== undefined) return Promise.resolve(connection.isBroken ? open() : connection);
    return new Promise((resolve) => waiting.push(resolve));
  }

  function giveBack(connection: Connection): void {
    const whole = connection.isBroken ? open() : connection;
    const next = waiting.shift();
    if (next === undefined) idle.push(whole);
    else next(whole);
  }

  return {
    async send(token) {
      const sentAt = performance.now();
      const connection = await take();
      const text = await connection.exchange(
        `GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${token}\r\n\r\n`,
      );
      giveBack(connection);
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
