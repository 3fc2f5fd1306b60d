import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { ConfigError, isLoopbackUrl, isStranger, setAnswerHeaders } from '@countersign/service-kit';
import type { IdpConfig } from './config.js';
import { answerLogin } from './login.js';
import { memoryStore } from './memory-store.js';
import { PAGE_HEADERS, renderHome } from './pages.js';
import { createProvider } from './provider.js';
import { keepSecondsFor, openSigningKeys, type Rotation } from './signing-keys.js';

/** A provider that answers. */
export interface RunningIdp {
  readonly issuer: string;
  /** Where it listens. */
  readonly address: string;
  /** Has the next key sign. Everything else stays: logins that are under way, tokens, codes. */
  rotateKeys(): Rotation;
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
  const address = `http://${config.host}:${String(port)}`;
  const issuer = config.issuer ?? address;
  const store = memoryStore(config.clients);
  const signing = openSigningKeys(config.dataDirectory, keepSecondsFor(config.accessTokenSeconds));
  const make = () => {
    const { keys, cookieSecret } = signing;
    const { audience, accessTokenSeconds } = config;
    const provider = createProvider({ issuer, audience, store, keys, cookieSecret, accessTokenSeconds });
    return { provider, answer: provider.callback() };
  };
  let current = make();
  const rotateKeys = () => {
    const rotation = signing.rotate();
    if (rotation.isDone) current = make();
    return rotation;
  };
  const routes: ReadonlyMap<string, Answer> = new Map<string, Answer>([
    ['GET /', (_request, response) => void response.writeHead(200, PAGE_HEADERS).end(renderHome())],
    ['GET /health', (_request, response) => answerJson(response, { status: 'ok' })],
    [
      'POST /development/rotate-keys',
      (request, response) => {
        // An issuer of another name is reached through a proxy, and not every proxy says that it is one.
        if (isLoopbackUrl(issuer) && !isStranger(request, 'program'))
          answerRotation(response, rotateKeys(), signing.keys[0]?.kid);
        else void current.answer(request, response);
      },
    ],
  ]);
  server.on('request', (request, response) => {
    setAnswerHeaders(request, response);
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
    address,
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

function answerRotation(response: ServerResponse, rotation: Rotation, active: string | undefined): void {
  if (rotation.isDone) {
    answerJson(response, { active });
    return;
  }
  response.statusCode = 429;
  response.setHeader('Retry-After', rotation.retryAfterSeconds);
  answerJson(response, { error: 'too_many_keys' });
}

function answerJson(response: ServerResponse, body: unknown): void {
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify(body));
}
