import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo } from 'node:net';

/** A real server where a key set should be; it answers as a test tells it to, and counts. */
export interface KeyServer {
  readonly jwksUri: string;
  /** How many requests have arrived. */
  requests(): number;
  /** From now on it answers like this. */
  answer(listener: RequestListener): void;
  close(): Promise<void>;
}

export async function startKeyServer(listener: RequestListener): Promise<KeyServer> {
  let requests = 0;
  let answer = listener;
  const server = createServer((request, response) => {
    requests++;
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    jwksUri: `http://127.0.0.1:${String(port)}/.well-known/jwks.json`,
    requests: () => requests,
    answer(next) {
      answer = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

/** Answers with a JSON value. */
export function json(value: unknown): RequestListener {
  return text(JSON.stringify(value), 'application/jwk-set+json');
}

/** Answers 200 with that body, whatever it is. */
export function text(body: string | Uint8Array, type = 'application/json'): RequestListener {
  return (_request, response) => {
    response.writeHead(200, { 'content-type': type }).end(body);
  };
}

/** Answers with a status, and a JSON value if there is one. */
export function status(code: number, value?: unknown, headers: Record<string, string> = {}): RequestListener {
  return (_request, response) => {
    response.writeHead(code, headers).end(value === undefined ? undefined : JSON.stringify(value));
  };
}

/** Accepts the request and never answers. */
export const hang: RequestListener = () => undefined;

/** From now on the server answers only when the test says so; `arrived` resolves when a request is there. */
export function hold(
  server: Pick<KeyServer, 'answer'>,
  listener: RequestListener,
): { readonly arrived: Promise<void>; release(): void } {
  let release = (): void => undefined;
  const arrived = new Promise<void>((resolve) => {
    server.answer((request, response) => {
      release = () => listener(request, response);
      resolve();
    });
  });
  return { arrived, release: () => release() };
}
