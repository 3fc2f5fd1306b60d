import { createServer, type ServerResponse } from 'node:http';
import { originOf } from './called-service.js';

/** How a service answers that refuses, loses its mind, or dies, before or after its handler ran. */
export type Behaviour = (response: ServerResponse, attempt: number) => 'handled' | 'not handled';

export interface FickleService {
  readonly origin: string;
  /** How often the handler ran for the call with that id. */
  readonly handled: Map<string, number>;
  /** How often the call with that id came in. */
  readonly attempts: Map<string, number>;
  /** The tokens that came in, in order. */
  readonly tokens: string[];
  close(): void;
}

/** A service that counts, for each path, the calls that came and the calls that its handler saw. */
export async function startFickleService(behaviourOf: (path: string) => Behaviour): Promise<FickleService> {
  const handled = new Map<string, number>();
  const attempts = new Map<string, number>();
  const tokens: string[] = [];
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      const path = request.url ?? '';
      const attempt = (attempts.get(path) ?? 0) + 1;
      attempts.set(path, attempt);
      tokens.push(request.headers.authorization ?? '');
      if (behaviourOf(path)(response, attempt) === 'handled') handled.set(path, (handled.get(path) ?? 0) + 1);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: originOf(server),
    handled,
    attempts,
    tokens,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

export interface RefusalParts {
  readonly status?: number;
  readonly realm?: string;
  readonly type?: string;
  readonly contentType?: string;
  /** Makes the problem longer by so many bytes. */
  readonly padding?: number;
}

/** Answers as a Countersign service refuses. */
export function refuse(
  response: ServerResponse,
  code: string,
  realm: string,
  parts: RefusalParts = {},
): void {
  const { status = 401, padding = 0 } = parts;
  response.writeHead(status, {
    'WWW-Authenticate': `Bearer realm="${parts.realm ?? realm}", error="invalid_token"`,
    'Content-Type': parts.contentType ?? 'application/problem+json',
  });
  const type = parts.type ?? `urn:countersign:fault:${code}`;
  response.end(JSON.stringify({ type, title: 'x', status, code, padding: 'x'.repeat(padding) }));
}
