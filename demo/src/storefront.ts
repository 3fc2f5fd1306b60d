import { createServer } from 'node:http';
import { bodyHash, boundUri, createKeyStore, SERVICE_TOKEN_TYPE, signToken } from '@countersign/core';

export const STOREFRONT = 'https://storefront.service/';

/** A shop built without a framework: it publishes its own key, and signs the calls it makes for its users. */
export interface Storefront {
  /** A service token for one called service, in the name of a user, bound to one request. */
  countersign(call: StorefrontCall): Promise<SignedCall>;
  stop(): Promise<void>;
}

export interface StorefrontCall {
  readonly audience: string;
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly user: string;
  readonly scope: string;
  readonly body: string;
}

export interface SignedCall {
  readonly token: string;
  readonly claims: Readonly<Record<string, unknown>>;
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
    async countersign(call) {
      const claims = claimsOf(call);
      return { token: await signToken(claims, SERVICE_TOKEN_TYPE, keyStore.signer()), claims };
    },
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

function claimsOf(call: StorefrontCall): Readonly<Record<string, unknown>> {
  const now = Math.floor(Date.now() / 1000);
  return {
    iss: STOREFRONT,
    aud: call.audience,
    sub: call.user,
    iat: now,
    exp: now + 60,
    jti: crypto.randomUUID(),
    scope: call.scope,
    act: { sub: STOREFRONT },
    txn: crypto.randomUUID(),
    bdy: bodyHash(Buffer.from(call.body)),
    htm: call.method,
    htu: boundUri(call.audience, call.path),
  };
}
