import { once } from 'node:events';
import { type AddressInfo, type Server } from 'node:net';
import { type RunningService } from './adapter.js';

/** A logger that drops everything: the decisions are what the suite looks at. */
export const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Waits until a server listens. Closing it ends its connections. */
export async function listening(
  server: Server & { closeAllConnections?: () => void },
  close: () => Promise<void>,
): Promise<RunningService> {
  if (!server.listening) await once(server, 'listening');
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => sockets.add(socket));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${String(port)}`,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await close();
    },
  };
}
