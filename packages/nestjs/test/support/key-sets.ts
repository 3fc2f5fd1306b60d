import { createServer } from 'node:http';
import { originOf } from './called-service.js';

/** Serves one key set at many addresses, each of which can be made to fail, and counts. */
export interface KeySets {
  uri(name: string): string;
  requests(): number;
  fail(name: string): void;
  mend(name: string): void;
  close(): Promise<void>;
}

export async function startKeySets(jwks: object): Promise<KeySets> {
  const failing = new Set<string>();
  let requests = 0;
  const server = createServer((request, response) => {
    requests++;
    response.statusCode = failing.has((request.url ?? '').slice(1)) ? 500 : 200;
    response.end(JSON.stringify(jwks));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    uri: (name) => `${originOf(server)}/${name}`,
    requests: () => requests,
    fail: (name) => void failing.add(name),
    mend: (name) => void failing.delete(name),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
