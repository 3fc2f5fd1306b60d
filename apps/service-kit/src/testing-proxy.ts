import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';

/** A reverse proxy on this machine, as somebody puts one before a service. */
export interface TestProxy {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Starts a proxy that calls the service by its loopback name, whatever the client called it, and says of itself what
 * `headers` holds: nothing by default.
 */
export async function startProxy(
  target: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<TestProxy> {
  const forward = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const sent = { ...incoming.headers, ...headers, host: new URL(target).host };
    const onward = request(new URL(incoming.url ?? '/', target), { method: incoming.method, headers: sent });
    incoming.pipe(onward);
    const [answer] = (await once(onward, 'response')) as [IncomingMessage];
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
    outgoing.once('close', () => answer.destroy());
  };
  const server = createServer((incoming, outgoing) => {
    forward(incoming, outgoing).catch(() => outgoing.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the proxy has no port');
  return {
    url: `http://127.0.0.1:${String(address.port)}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
