import { createServer } from 'node:http';
import { originOf } from './called-service.js';

/** An authorization server whose access tokens are opaque: it issues them for a day, tells about them, and takes them back. */
export interface OpaqueTokenServer {
  readonly issuer: string;
  /** The tokens that it has issued, the oldest first. */
  readonly issued: string[];
  readonly revoked: Set<string>;
  close(): Promise<void>;
}

/** @param audience the service that its tokens are for. */
export async function startOpaqueTokenServer(audience: string): Promise<OpaqueTokenServer> {
  const issued: string[] = [];
  const revoked = new Set<string>();
  const answer = (path: string, form: URLSearchParams): object => {
    if (path === '/token') {
      const token = `opaque-token-${String(issued.length + 1)}`;
      issued.push(token);
      return { access_token: token, token_type: 'Bearer', expires_in: 86_400 };
    }
    if (path !== '/introspect')
      return { issuer, token_endpoint: `${issuer}/token`, introspection_endpoint: `${issuer}/introspect` };
    const token = form.get('token') ?? '';
    if (!issued.includes(token) || revoked.has(token)) return { active: false };
    const iat = Math.floor(Date.now() / 1000);
    const who = { iss: issuer, aud: audience, sub: 'herald', client_id: 'herald', scope: '' };
    return { active: true, token_type: 'Bearer', ...who, iat, exp: iat + 300 };
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const form = new URLSearchParams(Buffer.concat(chunks).toString());
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(answer(request.url ?? '', form)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = originOf(server);
  return {
    issuer,
    issued,
    revoked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
