import { createServer, type RequestListener } from 'node:http';
import { originOf } from './called-service.js';

/** Serves one key set at many addresses, and counts; each address can be made to do something else. */
export interface KeySets {
  uri(name: string): string;
  requests(): number;
  fail(name: string): void;
  hang(name: string): void;
  mend(name: string): void;
  /** The address becomes that of an issuer, whose metadata says that it is another one. */
  describe(name: string, issuer: string): void;
  close(): Promise<void>;
}

export async function startKeySets(jwks: object): Promise<KeySets> {
  const others = new Map<string, RequestListener>();
  let requests = 0;
  const server = createServer((request, response) => {
    requests++;
    const answer = others.get(request.url ?? '') ?? json(jwks);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    uri: (name) => `${originOf(server)}/${name}`,
    requests: () => requests,
    fail: (name) => void others.set(`/${name}`, (_request, response) => void response.writeHead(500).end()),
    hang: (name) => void others.set(`/${name}`, () => undefined),
    mend: (name) => void others.delete(`/${name}`),
    describe: (name, issuer) =>
      void others.set(`/.well-known/oauth-authorization-server/${name}`, json({ issuer })),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function json(value: object): RequestListener {
  return (_request, response) =>
    void response.setHeader('content-type', 'application/json').end(JSON.stringify(value));
}
