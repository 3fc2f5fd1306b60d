import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { type OpenKeyStore } from '@countersign/core';

/**
 * How a key set is published: `well`; `failing`, each request is answered 500; `hanging`, requests are accepted and never
 * answered; `down`, nobody listens.
 */
export type Publishing = 'well' | 'failing' | 'hanging' | 'down';

/** Serves a key set over HTTP, as well or as badly as a scene wants it. */
export interface KeyServer {
  readonly jwksUri: string;
  /** How many requests have arrived. */
  requests(): number;
  publish(how: Publishing): Promise<void>;
}

/** Starts one on a free port, where it publishes well. */
export async function startKeyServer(keyStore: OpenKeyStore): Promise<KeyServer> {
  let arrived = 0;
  let how: Publishing = 'well';
  const answers: Readonly<Record<Publishing, (response: ServerResponse) => void>> = {
    well(response) {
      response.setHeader('content-type', 'application/jwk-set+json');
      response.setHeader('cache-control', `public, max-age=${String(keyStore.verifierCacheSeconds)}`);
      response.end(JSON.stringify(keyStore.publicKeys()));
    },
    failing: (response) => response.writeHead(500).end(),
    hanging: () => undefined,
    down: (response) => response.destroy(),
  };
  const server = createServer((_request, response) => {
    arrived++;
    answers[how](response);
  });
  const listen = (port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
  await listen(0);
  const { port } = server.address() as AddressInfo;

  return {
    jwksUri: `http://127.0.0.1:${String(port)}/.well-known/jwks.json`,
    requests: () => arrived,
    async publish(next) {
      how = next;
      // Whoever is still connected would not notice.
      if (next === 'down' && server.listening) server.close();
      server.closeAllConnections();
      if (next !== 'down' && !server.listening) await listen(port);
    },
  };
}
