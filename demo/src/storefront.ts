import { createServer } from 'node:http';
import { createKeyStore } from '@countersign/core';
import { signCall, type Call, type SignedCall } from './sign-call.js';

/** A shop built without a framework: it publishes its own key, and signs the calls it makes for its users. */
export interface Storefront {
  countersign(call: Call): Promise<SignedCall>;
  stop(): Promise<void>;
}

/** Starts the storefront: a key in `keysDirectory`, its public half at `/.well-known/jwks.json`. */
export async function startStorefront(port: number, keysDirectory: string): Promise<Storefront> {
  const keyStore = await createKeyStore({ directory: keysDirectory });
  const server = createServer((request, response) => {
    const isKeySet = request.url === '/.well-known/jwks.json';
    response.writeHead(isKeySet ? 200 : 404, { 'content-type': 'application/jwk-set+json' });
    response.end(isKeySet ? JSON.stringify(keyStore.publicKeys()) : '{}');
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    countersign: (call) => signCall('https://storefront.service/', keyStore, call),
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
      });
    },
  };
}
