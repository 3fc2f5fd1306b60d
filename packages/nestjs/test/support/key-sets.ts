import { generateKeyPairSync } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import { originOf } from './called-service.js';

/** Serves herald's key set, and at any other address one with a key of its own; counts. Each can be made to do something else. */
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

export async function startKeySets(ofHerald: object): Promise<KeySets> {
  const sets = new Map([['/herald', ofHerald]]);
  const others = new Map<string, RequestListener>();
  let requests = 0;
  const server = createServer((request, response) => {
    requests++;
    const { url = '' } = request;
    const keySet = sets.get(url) ?? { keys: [freshKey(url)] };
    sets.set(url, keySet);
    const answer = others.get(url) ?? json(keySet);
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

function freshKey(kid: string): object {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...publicKey.export({ format: 'jwk' }), kid };
}

function json(value: object): RequestListener {
  return (_request, response) =>
    void response.setHeader('content-type', 'application/json').end(JSON.stringify(value));
}
