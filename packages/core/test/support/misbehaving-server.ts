import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';

/** An authorization server that does what no good one does, and counts. */
export interface MisbehavingServer {
  readonly issuer: string;
  /** How many token requests have arrived. */
  tokenRequests(): number;
  /** How many other requests have arrived. */
  otherRequests(): number;
  /** The body of the last token request. */
  lastRequest(): string;
  /** From now on, token requests are answered like this. */
  answerTokens(listener: RequestListener): void;
  /** From now on, requests for metadata are answered like this. */
  answerMetadata(listener: RequestListener): void;
  /** Stops listening and drops what is open. */
  stop(): Promise<void>;
  /** Listens again, on the same port. */
  restart(): Promise<void>;
}

/** Starts one that answers well: metadata, and a Bearer token for an hour. */
export async function startMisbehavingServer(): Promise<MisbehavingServer> {
  let tokenRequests = 0;
  let otherRequests = 0;
  let lastRequest = '';
  let answerTokens: RequestListener = token({});
  let answerMetadata: RequestListener = (_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ issuer, token_endpoint: `${issuer}/token` }));
  };
  const server = createServer((request, response) => {
    if (request.url !== '/token') {
      otherRequests++;
      answerMetadata(request, response);
      return;
    }
    tokenRequests++;
    void bodyOf(request).then((body) => {
      lastRequest = body;
      answerTokens(request, response);
    });
  });
  const port = await listen(server, 0);
  const issuer = `http://127.0.0.1:${String(port)}`;
  return {
    issuer,
    tokenRequests: () => tokenRequests,
    otherRequests: () => otherRequests,
    lastRequest: () => lastRequest,
    answerTokens(listener) {
      answerTokens = listener;
    },
    answerMetadata(listener) {
      answerMetadata = listener;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
    restart: () => listenAgain(server, port),
  };
}

let tokens = 0;

/** A good answer, changed; every token is another one. */
export function token(changes: Readonly<Record<string, unknown>>, status = 200): RequestListener {
  return (_request, response) => {
    const good = { access_token: `opaque-token-${String(++tokens)}`, token_type: 'Bearer', expires_in: 3600 };
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ ...good, ...changes }));
  };
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    const done = (error?: Error): void => {
      server.removeListener('error', done).removeListener('listening', done);
      if (error === undefined) resolve();
      else reject(error);
    };
    server.once('error', done).once('listening', done).listen(port, '127.0.0.1');
  });
  return (server.address() as AddressInfo).port;
}

/** A port that was let go may be somebody's for a moment, such as the near end of a connection. */
const FREE_AGAIN_MS = 10_000;

async function listenAgain(server: Server, port: number): Promise<void> {
  const latest = performance.now() + FREE_AGAIN_MS;
  for (;;) {
    try {
      await listen(server, port);
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EADDRINUSE' || performance.now() > latest) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
