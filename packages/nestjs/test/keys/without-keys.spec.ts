import { Controller, Get } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  AuthorizedFetch,
  CountersignModule,
  KEY_STORE,
  KeysHealth,
  Public,
  RouteDescriptions,
  Scopes,
  type CountersignOptions,
} from '@countersign/nestjs';
import { TestIssuer } from '@countersign/testing';
import { ADAPTERS, SERVICE, startError, type Application, type Controllers } from '../support/application.js';
import { claimsOf, startCalledService } from '../support/called-service.js';
import { HERALD, useIssuer } from '../support/hooks/use-issuer.js';
import { useStart } from '../support/hooks/use-start.js';
import { bearer, send } from '../support/http.js';

@Controller('user')
class UserController {
  @Get()
  @Scopes('user:read')
  list() {
    return [];
  }
}

@Controller('.well-known')
class OwnController {
  @Get('jwks.json')
  @Public()
  keys() {
    return 'of the application';
  }
}

const JWKS = '/.well-known/jwks.json';

describe.each(ADAPTERS)('a service over $name that has no keys of its own', ({ adapter }) => {
  let herald: TestIssuer;
  const startApplication = useStart();

  useIssuer(HERALD, (issuer) => void (herald = issuer));

  const optionsWith = (changes: Partial<CountersignOptions>): CountersignOptions => ({
    service: SERVICE,
    trust: [herald.trustRecord({ scopes: ['user:read'] })],
    ...changes,
  });

  const start = (
    changes: Partial<CountersignOptions> = {},
    controllers: Controllers = [UserController],
  ): Promise<Application> =>
    startApplication({ adapter, controllers: [...controllers], options: optionsWith(changes) });

  it('guards its routes', async () => {
    const { origin } = await start();
    const token = await herald.token({ audience: SERVICE, claims: { scope: 'user:read' } });
    expect((await send(origin, { path: '/user', headers: [bearer(token)] })).status).toBe(200);
    expect((await send(origin, { path: '/user' })).status).toBe(401);
  });

  it('has no route for a key set, and may have one of its own', async () => {
    const { origin, nest } = await start();
    const unknown = await send(origin, { path: '/.well-known/another.json' });
    const answer = await send(origin, { path: JWKS });
    expect(answer.status).toBe(404);
    expect(answer.headers['content-type']).toBe(unknown.headers['content-type']);
    expect(
      nest
        .get(RouteDescriptions)
        .list()
        .map(({ path }) => path),
    ).toEqual(['/user']);
    const own = await start({}, [OwnController]);
    expect((await send(own.origin, { path: JWKS })).text).toBe('of the application');
  });

  it('names no key set in its metadata', async () => {
    const path = '/.well-known/oauth-protected-resource';
    const without = await start({ resourceMetadata: true });
    expect((await send(without.origin, { path })).json).not.toHaveProperty('jwks_uri');
    const withKeys = await start({ resourceMetadata: true, keys: herald.keyStore });
    expect((await send(withKeys.origin, { path })).json).toHaveProperty('jwks_uri');
  });

  it('says nothing of own keys in its health, and hands nobody a key store', async () => {
    const { nest } = await start();
    expect(nest.get(KeysHealth).check('keys')['keys']).not.toHaveProperty('ownKeys');
    expect(nest.get(KEY_STORE)).toBeUndefined();
  });

  it('calls a third party by the key that it was given', async () => {
    const maps = await startCalledService();
    const authorize = { header: 'X-Api-Key', value: 'key of maps' };
    const { nest } = await start({
      destinations: [{ name: 'maps', url: maps.origin, authorize, onBehalfOf: 'service' }],
    });
    await nest.get(AuthorizedFetch).fetch(`${maps.origin}/tile`);
    expect(maps.received[0]?.headers['x-api-key']).toBe('key of maps');
    maps.close();
  });

  it('does not start where a destination needs them: the error says which, and what to write', async () => {
    const destination = { name: 'census', url: 'https://census.example/', onBehalfOf: 'user' } as const;
    await (await start({ destinations: [{ ...destination, authorize: 'propagate' }] })).close();
    const error = await startError(() => start({ destinations: [{ ...destination, authorize: 'mint' }] }));
    expect(error).toMatchObject({ code: 'config_invalid' });
    expect(error.message).toMatch(
      /^destinations\[0\]\.authorize is "mint", .*set keys: \{ directory: "\.data\/keys" \}/,
    );
  });

  it('does not start where it must prove itself to an issuer: the error says so', async () => {
    const introspection = { clientId: 'census', clientAuthentication: 'private_key_jwt' } as const;
    const trust = [{ name: 'idp', issuer: 'https://idp.example/', introspection }];
    const error = await startError(() => start({ trust }));
    expect(error.message).toContain('trust[0].introspection.clientAuthentication is "private_key_jwt"');
  });

  it('answers 404 for a key set where its options come late', async () => {
    const useFactory = () => optionsWith({});
    const root = {
      module: class RootModule {},
      imports: [CountersignModule.forRootAsync({ useFactory })],
      controllers: [UserController],
    };
    const nest = await NestFactory.create(root, adapter(), { logger: false, abortOnError: false });
    await nest.listen(0, '127.0.0.1');
    const origin = (await nest.getUrl()).replace('[::1]', '127.0.0.1');
    const unknown = await send(origin, { path: '/.well-known/another.json' });
    const answer = await send(origin, { path: JWKS });
    expect(answer.json).toEqual({ ...unknown.json, message: `Cannot GET ${JWKS}` });
    expect(answer.headers['content-type']).toBe(unknown.headers['content-type']);
    await nest.close();
  });
});

describe.each(ADAPTERS)('a service over $name that only calls others', ({ adapter }) => {
  const startApplication = useStart();

  it('trusts nobody: its keys are published, its calls are signed, and every token is refused', async () => {
    const herald = await TestIssuer.start({ issuer: 'https://herald.service/' });
    const census = await startCalledService();
    const destination = { name: 'census', url: census.origin, audience: 'https://census.service/' } as const;
    const { origin, nest } = await startApplication({
      adapter,
      controllers: [UserController],
      options: {
        service: SERVICE,
        trust: [],
        keys: herald.keyStore,
        destinations: [{ ...destination, authorize: 'mint', onBehalfOf: 'service' }],
      },
    });
    await nest.get(AuthorizedFetch).fetch(`${census.origin}/user/`);
    expect(census.received.map(claimsOf)).toMatchObject([{ iss: SERVICE, sub: SERVICE }]);
    expect((await send(origin, { path: JWKS })).status).toBe(200);
    const token = await herald.token({ audience: SERVICE, claims: { scope: 'user:read' } });
    const answer = await send(origin, { path: '/user', headers: [bearer(token)] });
    expect(answer).toMatchObject({ status: 401, json: { code: 'issuer_untrusted' } });
    await herald.close();
    census.close();
  });
});
