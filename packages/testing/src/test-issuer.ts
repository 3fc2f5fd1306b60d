import { generateKeyPair, randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { promisify } from 'node:util';
import { createKeyStore, systemClock, type Clock, type KeyStore, type TrustRecord } from '@countersign/core';
import { bodyHash, boundUri, SERVICE_TOKEN_TYPE } from '@countersign/core/adapter';

export interface TestIssuerOptions {
  /** The `iss` of its tokens. */
  readonly issuer: string;
  /** Its name in the trust record. Default: the first label of the issuer's host. */
  readonly name?: string;
  /** Where `iat` and `exp` come from. Default: the machine's clock. */
  readonly clock?: Clock;
}

/** The request that a token is bound to. */
export interface BoundTo {
  /** Upper case. */
  readonly method: string;
  /** Path and query under the audience, or a whole URL of which only those count. */
  readonly url: string;
  /** The octets on the wire. Default: none. */
  readonly body?: Uint8Array | string;
}

export interface TestTokenOptions {
  /** The service that is called. */
  readonly audience: string;
  /** Added to the claims of a complete token, or put in their place; a member that is undefined is left out. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** The same for the header. */
  readonly header?: Readonly<Record<string, unknown>>;
  /** Binds the token to one request: `bdy`, `htm` and `htu`. Default: it is not bound. */
  readonly bind?: BoundTo;
}

/** How long tokens live unless their claims say otherwise. */
const LIFETIME_SECONDS = 60;

/**
 * An issuer for tests: its key is real, its tokens are signed, and it serves its public key over HTTP on a free port.
 * Signs whatever it is asked to, also tokens that must be refused.
 */
export class TestIssuer {
  readonly issuer: string;
  readonly name: string;
  readonly keyStore: KeyStore;
  /** Where its public keys are served, on 127.0.0.1. */
  readonly jwksUri: string;
  readonly #server: Server;
  readonly #clock: Clock;
  readonly #requests: { count: number };

  private constructor(options: TestIssuerOptions, keyStore: KeyStore, served: ServedKeys) {
    this.issuer = options.issuer;
    this.name = options.name ?? new URL(options.issuer).hostname.split('.')[0] ?? 'issuer';
    this.keyStore = keyStore;
    this.jwksUri = served.uri;
    this.#server = served.server;
    this.#requests = served.requests;
    this.#clock = options.clock ?? systemClock;
  }

  /** Makes an ES256 key and serves it. Call `close` when the test is over. */
  static async start(options: TestIssuerOptions): Promise<TestIssuer> {
    const { privateKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
    // As PEM: while it writes a key that it has just made as a JWK, Node 20 can wait for itself.
    const keyStore = await createKeyStore({
      privateKeys: [privateKey.export({ type: 'pkcs8', format: 'pem' })],
    });
    return new TestIssuer(options, keyStore, await serveKeys(keyStore));
  }

  /** How often its public keys were asked for. */
  get keyRequests(): number {
    return this.#requests.count;
  }

  /** A complete service token for the audience, with the issuer as its subject, signed with the real key. */
  async token({ audience, claims, header, bind }: TestTokenOptions): Promise<string> {
    const signer = this.keyStore.signer();
    const now = Math.floor(this.#clock.now());
    const head = { alg: signer.algorithm, kid: signer.keyId, typ: SERVICE_TOKEN_TYPE, ...header };
    const content = {
      iss: this.issuer,
      aud: audience,
      sub: this.issuer,
      iat: now,
      exp: now + LIFETIME_SECONDS,
      jti: randomUUID(),
      ...(bind !== undefined && boundClaims(audience, bind)),
      ...claims,
    };
    const input = `${encode(head)}.${encode(content)}`;
    const signature = await signer.sign(Buffer.from(input, 'latin1'));
    return `${input}.${signature.toString('base64url')}`;
  }

  /** A trust record for this issuer, with no scopes and no subjects but its own unless they are given. */
  trustRecord(overrides: Partial<TrustRecord> = {}): TrustRecord {
    return { name: this.name, issuer: this.issuer, keys: { jwksUri: this.jwksUri }, ...overrides };
  }

  /** Stops serving its public keys. */
  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await promisify(this.#server.close.bind(this.#server))();
  }
}

interface ServedKeys {
  readonly server: Server;
  readonly uri: string;
  readonly requests: { count: number };
}

async function serveKeys(keyStore: KeyStore): Promise<ServedKeys> {
  const requests = { count: 0 };
  const server = createServer((_request, response) => {
    requests.count += 1;
    response.setHeader('content-type', 'application/jwk-set+json');
    response.end(JSON.stringify(keyStore.publicKeys()));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('the server has no port');
  return { server, uri: `http://127.0.0.1:${String(address.port)}/.well-known/jwks.json`, requests };
}

function boundClaims(audience: string, { method, url, body }: BoundTo): Readonly<Record<string, string>> {
  const pathAndQuery = url.startsWith('/') ? url : onRequestLine(new URL(url));
  const octets = typeof body === 'string' ? Buffer.from(body) : (body ?? new Uint8Array());
  return { bdy: bodyHash(octets), htm: method, htu: boundUri(audience, pathAndQuery) };
}

/** What a client sends of a URL: a path at least, and no fragment. */
function onRequestLine({ pathname, search }: URL): string {
  return pathname + search;
}

function encode(value: Readonly<Record<string, unknown>>): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
