import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { Controller, Get } from '@nestjs/common';
import { type Principal } from '@countersign/core';
import { CurrentPrincipal, Scopes } from '@countersign/nestjs';
import { TestIssuer } from '@countersign/testing';
import { createRemoteJWKSet, jwtVerify, type JWTVerifyResult } from 'jose';
import { ADAPTERS, SERVICE, startApplication, type Application } from '../support/application.js';
import { bearer, send } from '../support/http.js';
import { CHALLENGE, expectRefusal } from '../support/refusals.js';

@Controller('order')
class OrderController {
  @Get()
  @Scopes('order:read')
  list(@CurrentPrincipal() { subject, client, caller }: Principal) {
    return { subject, client, caller: caller.name };
  }
}

/** An issuer of opaque tokens, which lets itself be asked by clients that prove themselves with a key (RFC 7662, RFC 7523). */
interface OpaqueIssuer {
  readonly issuer: string;
  readonly revoked: Set<string>;
  readonly assertions: JWTVerifyResult[];
  close(): Promise<void>;
}

async function startIssuer(clientKeys: string): Promise<OpaqueIssuer> {
  const keys = createRemoteJWKSet(new URL(clientKeys));
  const revoked = new Set<string>();
  const assertions: JWTVerifyResult[] = [];
  let issuer = '';
  const answers = async (url: string, body: URLSearchParams): Promise<object> => {
    if (url.startsWith('/.well-known/')) return { issuer, introspection_endpoint: `${issuer}/introspect` };
    assertions.push(await jwtVerify(body.get('client_assertion') ?? '', keys, { audience: issuer }));
    const token = body.get('token') ?? '';
    const now = Math.floor(Date.now() / 1000);
    const times = { iat: now, exp: now + 300 };
    const who = { sub: '21', client_id: 'web', aud: SERVICE, scope: 'order:read' };
    return token.startsWith('good') && !revoked.has(token)
      ? { active: true, token_type: 'Bearer', iss: issuer, ...who, ...times }
      : { active: false };
  };
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      answers(request.url ?? '', new URLSearchParams(Buffer.concat(chunks).toString())).then(
        (answer) => response.setHeader('content-type', 'application/json').end(JSON.stringify(answer)),
        () => response.writeHead(401).end(),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { issuer, revoked, assertions, close };
}

describe.each(ADAPTERS)('an opaque token over $name', ({ adapter }) => {
  let census: TestIssuer;
  let idp: OpaqueIssuer;
  let application: Application;

  beforeEach(async () => {
    census = await TestIssuer.start({ issuer: SERVICE });
    idp = await startIssuer(census.jwksUri);
    application = await startApplication({
      adapter,
      controllers: [OrderController],
      options: {
        service: SERVICE,
        keys: census.keyStore,
        trust: [
          {
            name: 'idp',
            issuer: idp.issuer,
            scopes: ['order:read'],
            subject: `${SERVICE}user/{sub}/`,
            introspection: { clientId: SERVICE, clientAuthentication: 'private_key_jwt', cacheSeconds: 0 },
          },
        ],
      },
    });
  });
  afterEach(async () => {
    await application.close();
    await idp.close();
    await census.close();
  });

  const get = (token: string) => send(application.origin, { path: '/order', headers: [bearer(token)] });

  it('opens the route when its issuer vouches for it to us, who sign with our own key', async () => {
    const answer = await get('good-1');
    expect(answer.json).toEqual({ subject: `${SERVICE}user/21/`, client: 'web', caller: 'idp' });
    expect(idp.assertions[0]?.payload).toMatchObject({ iss: SERVICE, sub: SERVICE });
    expect(application.decisions).toMatchObject([
      { decision: 'allowed', caller: 'idp', keyId: 'introspection' },
    ]);
    expect(JSON.stringify(application.decisions)).not.toContain('good-1');
  });

  it('opens it no more once it is revoked', async () => {
    expect((await get('good-1')).status).toBe(200);
    idp.revoked.add('good-1');
    expectRefusal(await get('good-1'), { status: 401, code: 'token_inactive', challenge: CHALLENGE.token });
  });

  it('is answered 503 while nobody can be asked: it may be perfectly good', async () => {
    await idp.close();
    const answer = await get('good-1');
    expectRefusal(answer, { status: 503, code: 'introspection_unavailable', challenge: CHALLENGE.none });
    expect(answer.headers['retry-after']).toBe('1');
  });
});
