import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { ConfigError } from '@countersign/service-kit';
import type { IdpConfig } from './config.js';
import { answerLogin } from './login.js';
import { memoryStore } from './memory-store.js';
import { PAGE_HEADERS, renderHome } from './pages.js';
import { createProvider } from './provider.js';
import { openSigningKeys } from './signing-keys.js';

/** A provider that answers. */
export interface RunningIdp {
  readonly issuer: string;
  /** Has the next key sign. Everything else stays: logins that are under way, tokens, codes. */
  rotateKeys(): void;
  close(): Promise<void>;
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/**
 * Starts the provider.
 * @throws ConfigError when the port is taken.
 */
export async function startIdp(config: IdpConfig): Promise<RunningIdp> {
  const server = createServer();
  const port = await listen(server, config);
  const issuer = config.issuer ?? `http://${config.host}:${String(port)}`;
  const store = memoryStore(config.clients);
  // Its answers may be kept for a while by those who check tokens.
  const signing = openSigningKeys(config.dataDirectory, config.accessTokenSeconds + 60);
  const make = () => {
    const { keys, cookieSecret } = signing;
    const { audience, accessTokenSeconds } = config;
    const provider = createProvider({ issuer, audience, store, keys, cookieSecret, accessTokenSeconds });
    return { provider, answer: provider.callback() };
  };
  let current = make();
  const rotateKeys = () => {
    signing.rotate();
    current = make();
  };
  const routes: ReadonlyMap<string, Answer> = new Map<string, Answer>([
    ['GET /', (_request, response) => void response.writeHead(200, PAGE_HEADERS).end(renderHome())],
    ['GET /health', (_request, response) => answerJson(response, { status: 'ok' })],
    [
      'POST /development/rotate-keys',
      ({ headers }, response) => {
        // A page may not do this, of whatever site: a browser says with every `POST` where it comes from.
        if (headers.origin !== undefined) {
          response.writeHead(404).end();
          return;
        }
        rotateKeys();
        answerJson(response, { active: signing.keys[0]?.kid });
      },
    ],
  ]);
  server.on('request', (request, response) => {
    // Not by URL, which throws for some of what may stand here, such as `//`.
    const [pathname = '/'] = (request.url ?? '/').split('?', 1);
    const route = routes.get(`${request.method ?? ''} ${pathname}`);
    if (route !== undefined) void route(request, response);
    else if (/^\/interaction\/[^/]+$/.test(pathname))
      answerLogin(current.provider, request, response).catch(() => response.writeHead(500).end());
    else void current.answer(request, response);
  });
  const timer = every(config.rotateEverySeconds, rotateKeys);
  return {
    issuer,
    rotateKeys,
    close: () =>
      new Promise((resolve) => {
        clearInterval(timer);
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function every(seconds: number, act: () => void): NodeJS.Timeout | undefined {
  return seconds > 0 ? setInterval(act, seconds * 1000).unref() : undefined;
}

async function listen(server: ReturnType<typeof createServer>, { port, host }: IdpConfig): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        new ConfigError(`PORT: cannot listen on ${host}:${String(port)} (${cause.code ?? ''})`, { cause }),
      ),
    );
    server.listen(port, host, resolve);
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new TypeError('the server has no port');
  return address.port;
}

function answerJson(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}
