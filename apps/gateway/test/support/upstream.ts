import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { decodeJwt, type JWTPayload } from 'jose';

/** A request as the services behind the gateway get it. */
export interface Received {
  readonly method: string;
  readonly url: string;
  /** Names in lower case, as often as they came. */
  readonly headerNames: readonly string[];
  readonly headers: IncomingMessage['headers'];
  readonly token: string;
  readonly claims: JWTPayload & { readonly scope?: string; readonly txn?: string; readonly act?: unknown };
  readonly body: string;
}

/** A server in the place of both herald and census, which checks nothing and keeps what it gets. */
export interface Upstream {
  readonly received: Received[];
  readonly origin: string;
  /** How it answers; by default as a service that is content. */
  answer: (request: IncomingMessage, response: ServerResponse) => void;
  close(): Promise<void>;
}

export const NOTIFICATION_ID = '0f8f4f1e-0a3c-4f6a-9d0e-7a1b2c3d4e5f';

/** Answers as the real services would. */
export function content(request: IncomingMessage, response: ServerResponse): void {
  const id = /user\/(\d+)\//.exec(request.url ?? '')?.[1];
  const user = {
    uri: `https://census.service/user/${id ?? '42'}/`,
    name: 'Ada',
    email: 'ada@census.example',
  };
  const notification = {
    uri: `https://herald.service/notification/${NOTIFICATION_ID}/`,
    user: user.uri,
    type: 'welcome-message',
    state: 'queued',
  };
  const isWrite = request.method === 'POST';
  response.writeHead(isWrite ? 201 : 200, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(request.url?.includes('/user/') === true ? user : notification));
}

/** Refuses with a problem document, as the real services do. */
export function refusing(status: number, code: string, headers: Readonly<Record<string, string>> = {}) {
  return (_request: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(status, { 'Content-Type': 'application/problem+json', ...headers });
    response.end(JSON.stringify({ type: 'about:blank', title: 'Refused.', status, code }));
  };
}

export async function startUpstream(): Promise<Upstream> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers, rawHeaders } = request;
      const token = (headers.authorization ?? '').replace('Bearer ', '');
      const headerNames = rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
      const body = Buffer.concat(chunks).toString();
      received.push({ method, url, headerNames, headers, token, claims: decodeJwt(token), body });
      upstream.answer(request, response);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const upstream: Upstream = {
    received,
    origin: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    answer: content,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return upstream;
}
