import { once } from 'node:events';
import { createServer, request as httpRequest, type Server } from 'node:http';
import { Controller, Get, Inject, Post, type LoggerService } from '@nestjs/common';
import { createAuthorizer, createVerifier, type Verifier } from '@countersign/core';
import { AuthorizedFetch, OutgoingCalls, RequestScope, RequestStates } from '@countersign/core/http';
import { Authenticated, publicUrlOf, VERIFIER, type CountersignOptions } from '@countersign/nestjs';
import { type TestIssuer } from '@countersign/testing';
import { ADAPTERS, SERVICE, type Application, type ApplicationParts } from '../support/application.js';
import { originOf } from '../support/called-service.js';
import { createDpopClient } from '../support/dpop-client.js';
import { HERALD, useIssuer } from '../support/hooks/use-issuer.js';
import { useStart } from '../support/hooks/use-start.js';
import { bearer, send } from '../support/http.js';

const ran: string[] = [];

@Controller('order')
@Authenticated()
class OrderController {
  constructor(@Inject(VERIFIER) private readonly verifier: Verifier) {}

  @Post()
  create() {
    ran.push('create');
    return { at: publicUrlOf(this.verifier, '/order/42') };
  }

  @Get()
  list() {
    ran.push('list');
  }
}

@Controller('shop/order')
@Authenticated()
class OtherController {
  @Post()
  create() {
    ran.push('other');
  }
}

/** A proxy that hands on what is below a prefix, without it. */
async function startProxy(prefix: string, target: () => string): Promise<Server> {
  const proxy = createServer((request, response) => {
    const { method = '', url = '', rawHeaders } = request;
    if (!url.startsWith(`${prefix}/`)) {
      response.writeHead(404).end();
      return;
    }
    const { hostname, port } = new URL(target());
    const onward = httpRequest({
      hostname,
      port,
      method,
      path: url.slice(prefix.length),
      headers: rawHeaders,
    });
    onward.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return proxy;
}

describe.each(ADAPTERS)('behind a proxy that strips a prefix, over $name', ({ adapter }) => {
  let herald: TestIssuer;
  let census: Application;
  let proxy: Server;
  let shop: string;
  const startApplication = useStart();

  useIssuer(HERALD, (issuer) => void (herald = issuer));
  beforeAll(async () => {
    proxy = await startProxy('/shop', () => census.origin);
    shop = `${originOf(proxy)}/shop/`;
  });
  afterAll(() => {
    proxy.closeAllConnections();
    proxy.close();
  });
  beforeEach(() => void (ran.length = 0));

  const start = async (options: Partial<CountersignOptions>, parts: Partial<ApplicationParts> = {}) => {
    const own = { service: SERVICE, keys: herald.keyStore, trust: [herald.trustRecord()], ...options };
    const controllers = [OrderController, OtherController];
    census = await startApplication({ adapter, controllers, options: own, ...parts });
  };

  /** The client of herald, which knows census by that URL. */
  const clientOf = (url: string): AuthorizedFetch => {
    const census = {
      name: 'census',
      url,
      audience: SERVICE,
      onBehalfOf: 'service',
      authorize: 'mint',
    } as const;
    const authorizer = createAuthorizer({
      service: HERALD.issuer,
      keyStore: herald.keyStore,
      destinations: [census],
    });
    const states = new RequestStates({ verifier: createVerifier({ service: HERALD.issuer, trust: [] }) });
    return new AuthorizedFetch(new OutgoingCalls({ authorizer, scope: new RequestScope(states) }));
  };
  const write = async (url: string, path: string) => {
    const answer = await clientOf(url).fetch(new URL(path, url), { method: 'POST', body: '{}' });
    return { status: answer.status, json: (await answer.json()) as Record<string, unknown> };
  };

  it('writes are accepted where it is said, and refused where it is not', async () => {
    await start({ publicUrl: shop });
    expect(await write(shop, 'order')).toEqual({ status: 201, json: { at: `${shop}order/42` } });
    expect(ran).toEqual(['create']);

    await start({});
    expect((await write(shop, 'order')).json['code']).toBe('binding_mismatch');
    expect(census.decisions.at(-1)?.reason).toBe(
      `htu is ${SERVICE}shop/order, and the request is ${SERVICE}order`,
    );
    expect(ran).toEqual(['create']);
  });

  it('a write is for the handler behind the proxy, and for no other', async () => {
    await start({ publicUrl: [shop, 'http://census.internal/'] });
    const bind = { method: 'POST', url: '/shop/order', body: '{}' };
    const replay = async (path: string) => {
      const token = await herald.token({ audience: SERVICE, bind });
      const headers = [bearer(token), ['Content-Type', 'application/json']] as const;
      return send(census.origin, { method: 'POST', path, headers, body: '{}' });
    };
    expect((await replay('/order')).status).toBe(201);
    for (const path of ['/shop/order', '/shop//order', '//shop/order', '/shop/./order', '/shop/%6frder'])
      expect([401, 404]).toContain((await replay(path)).status);
    expect(ran).toEqual(['create']);
  });

  it('neither Host nor X-Forwarded-* decides', async () => {
    await start({ publicUrl: shop });
    const sent = async (url: string, headers: readonly (readonly [string, string])[] = []) => {
      const token = await herald.token({ audience: SERVICE, bind: { method: 'POST', url } });
      return (
        await send(census.origin, { method: 'POST', path: '/order', headers: [bearer(token), ...headers] })
      ).status;
    };
    expect(await sent('/shop/order')).toBe(201);
    const forwarded = [
      ['X-Forwarded-Prefix', '/evil'],
      ['X-Forwarded-Host', 'evil.example'],
      ['X-Original-URL', '/evil/order'],
      ['Forwarded', 'host=evil.example'],
    ] as const;
    expect(await sent('/evil/order', forwarded)).toBe(401);
    expect(await sent('/order', forwarded)).toBe(401);
    expect(await sent('/shop/order', forwarded)).toBe(201);
  });

  it('proofs of possession are for the public URL', async () => {
    await start({ publicUrl: shop });
    const client = await createDpopClient();
    const token = await herald.token({ audience: SERVICE, claims: { cnf: client.confirmation } });
    const read = async (uri: string) =>
      (
        await send(shop, {
          path: '/shop/order',
          headers: await client.headers(token, { method: 'GET', uri }),
        })
      ).status;
    expect(await read(`${shop}order`)).toBe(200);
    expect(await read(`${SERVICE}order`)).toBe(401);
    expect(await read(`${originOf(proxy)}/order`)).toBe(401);
  });

  it('the metadata and the keys are found at the addresses that challenges and metadata name', async () => {
    await start({ publicUrl: shop, resourceMetadata: true });
    const refused = await send(shop, { path: '/shop/order' });
    const [, metadata = ''] =
      /resource_metadata="([^"]*)"/.exec(String(refused.headers['www-authenticate'])) ?? [];
    expect(metadata).toBe(`${shop}.well-known/oauth-protected-resource`);
    const described = (await (await fetch(metadata)).json()) as Record<string, string>;
    expect(described).toMatchObject({ resource: SERVICE, jwks_uri: `${shop}.well-known/jwks.json` });
    const keys: unknown = await (await fetch(String(described['jwks_uri']))).json();
    expect(keys).toEqual(herald.keyStore.publicKeys());
  });

  describe('with a global prefix', () => {
    const warnings: unknown[] = [];
    const silent = () => undefined;
    const logger: LoggerService = {
      log: silent,
      error: silent,
      warn: (message: unknown) => void warnings.push(message),
    };
    beforeEach(() => void (warnings.length = 0));

    const startPrefixed = (
      options: Partial<CountersignOptions>,
      ...[prefix, prefixOptions]: Parameters<Application['nest']['setGlobalPrefix']>
    ) =>
      start(options, {
        prepare: (nest) => {
          nest.useLogger(logger);
          nest.setGlobalPrefix(prefix, prefixOptions);
        },
      });
    const keysAt = async (path: string) => (await send(census.origin, { path })).status;

    it.each(['api', '/api', 'api/'])(
      '%j, the start warns that the keys are not found, once',
      async (prefix) => {
        await startPrefixed({}, prefix);
        expect(warnings).toEqual([
          'the public keys are at /api/.well-known/jwks.json, and other services look for them at ' +
            "/.well-known/jwks.json: write app.setGlobalPrefix('api', { exclude: ['.well-known/jwks.json'] }), " +
            'or let publicUrl end in /api/',
        ]);
        expect(await keysAt('/api/.well-known/jwks.json')).toBe(200);
      },
    );

    it.each([
      ['by its path', ['.well-known/jwks.json']],
      ['by its path with a slash', ['/.well-known/jwks.json']],
      ['by its method too', [{ path: '.well-known/jwks.json', method: 0 }]],
      ['with others', ['health', '.well-known/*path']],
    ])('it does not where the path is excluded %s', async (_how, exclude) => {
      await startPrefixed({ publicUrl: 'https://a.example/' }, 'api', { exclude });
      expect(await keysAt('/.well-known/jwks.json')).toBe(200);
      expect(warnings).toEqual([]);
    });

    it.each([
      ['another path', ['.well-known']],
      ['another method', [{ path: '.well-known/jwks.json', method: 1 }]],
    ])('it does where %s is excluded', async (_what, exclude) => {
      await startPrefixed({ publicUrl: ['https://a.example/', 'https://a.example/capi/'] }, 'api', {
        exclude,
      });
      expect(await keysAt('/.well-known/jwks.json')).toBe(404);
      expect(warnings).toHaveLength(1);
    });

    it('it does not where there are no keys, and no prefix', async () => {
      await start({}, { prepare: (nest) => nest.useLogger(logger) });
      const { keys: _none, ...options }: CountersignOptions = {
        service: SERVICE,
        keys: herald.keyStore,
        trust: [],
      };
      census = await startApplication({
        adapter,
        options,
        prepare: (nest) => {
          nest.useLogger(logger);
          nest.setGlobalPrefix('api');
        },
      });
      expect(warnings).toEqual([]);
    });

    it('that a public URL ends in, everything is found under that URL', async () => {
      const api = `${shop}api/`;
      await startPrefixed({ publicUrl: api, resourceMetadata: true }, 'api');
      expect(warnings).toEqual([]);
      expect((await write(api, 'order')).status).toBe(201);
      const described = await send(shop, { path: '/shop/.well-known/oauth-protected-resource' });
      expect(described.json['jwks_uri']).toBe(`${api}.well-known/jwks.json`);
      expect((await fetch(String(described.json['jwks_uri']))).status).toBe(200);
      const refused = await send(shop, { path: '/shop/api/order' });
      expect(refused.headers['www-authenticate']).toContain(
        `resource_metadata="${shop}.well-known/oauth-protected-resource"`,
      );
    });
  });
});
