import { createServer } from 'node:net';

/** The wanted ports, each replaced by a free one when somebody else has it. */
export async function freePorts(...wanted: readonly number[]): Promise<readonly number[]> {
  return Promise.all(wanted.map(async (port) => (await tryPort(port)) ?? anyPort()));
}

function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(undefined);
    });
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        resolve(typeof address === 'object' && address !== null ? address.port : undefined);
      });
    });
  });
}

async function anyPort(): Promise<number> {
  const port = await tryPort(0);
  if (port === undefined) throw new Error('no port is free on 127.0.0.1');
  return port;
}
