import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { findFreePort } from '@countersign/service-kit/testing';

/** A server in front of another one, which changes what that one answers. */
export interface Front {
  readonly origin: string;
  /** The port of the other one, for whoever listens there next. */
  readonly behind: number;
  close(): Promise<void>;
}

export async function startFront(change: (path: string, body: string) => string): Promise<Front> {
  const behind = await findFreePort();
  const forward = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const { method, url: path, headers } = incoming;
    const onward = request({ host: '127.0.0.1', port: behind, method, path, headers });
    incoming.pipe(onward);
    const [answer] = (await once(onward, 'response')) as [IncomingMessage];
    const { 'content-length': _length, 'transfer-encoding': _coding, ...kept } = answer.headers;
    outgoing.writeHead(answer.statusCode ?? 502, kept).end(change(path ?? '', await text(answer)));
  };
  const server = createServer((incoming, outgoing) => {
    forward(incoming, outgoing).catch(() => outgoing.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    behind,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
