import { Controller, Get, Injectable, Module } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { type Requirement } from '@countersign/core';
import {
  Authenticated,
  Callers,
  CountersignModule,
  Policies,
  Public,
  Roles,
  Scopes,
  type CountersignOptions,
  type HandlerPolicy,
  type SubjectResolver,
} from '@countersign/nestjs';
import { TestIssuer } from '@countersign/testing';
import { ADAPTERS, censusOptions, SERVICE, startApplication, startError, type ApplicationParts } from './support/application.js';
import { bearer, send } from './support/http.js';

@Controller('guarded')
class GuardedController {
  @Get()
  @Authenticated()
  guarded() {
    return 'guarded';
  }
}

@Controller('health')
class HealthController {
  @Get()
  health() {
    return 'up';
  }
  @Get('live')
  live() {
    return 'live';
  }
  notARoute() {
    return 'nothing';
  }
}

describe('an application does not start', () => {
  let herald: TestIssuer;
  let options: CountersignOptions;
  beforeAll(async () => {
    herald = await TestIssuer.start({ issuer: 'https://herald.service/' });
    options = censusOptions(herald, herald.keyStore);
  });
  afterAll(() => herald.close());

  const start = (parts: Partial<ApplicationParts>) => () =>
    startApplication({ adapter: () => new ExpressAdapter(), options, controllers: [GuardedController], ...parts });
  const refused = async (parts: Partial<ApplicationParts>) => (await startError(start(parts))).message;

  it('unless its options are complete: this one does', async () => {
    const census = await start({})();
    await census.close();
  });

  it.each<[string, object]>([
    ['options.service', { service: '' }],
    ['options.service', { service: undefined }],
    ['options.trust', { trust: undefined }],
    ['trust', { trust: [] }],
    ['options.keys', { keys: undefined }],
    ['options.audiance', { audiance: SERVICE }],
    ['options.issuer', { issuer: 'https://herald.service/' }],
    ['options.undecorated', { undecorated: 'public' }],
    ['options.exempt[0].as', { exempt: [{ controller: HealthController, as: [] }] }],
    ['options.exempt[0].controller', { exempt: [{ controller: 'HealthController', as: 'public' }] }],
    ['options.exempt[0].as[0].kind', { exempt: [{ controller: HealthController, as: [{ kind: 'scopes', anyOf: ['a'] }] }] }],
    ['options.subjects', { subjects: {} }],
    ['options.maxBodyBytes', { maxBodyBytes: -1 }],
    ['destinations[0].onBehalfOf', { destinations: [{ name: 'a', url: 'https://a.example/', authorize: 'mint' }] }],
    ['destinations[0].url', { destinations: [{ name: 'a', url: 'http://a.example/', onBehalfOf: 'user', authorize: 'mint' }] }],
  ])('and the message names %s', async (path, change) => {
    const error = await startError(async () => start({ options: { ...options, ...change } })());
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message.startsWith(path)).toBe(true);
  });

  it.each<[string, object]>([
    ['trust[0].algorithms[0]', { algorithms: ['HS256'] }],
    ['trust[0].algorithms[0]', { algorithms: ['none'] }],
    ['trust[0].clockToleranceSeconds', { clockToleranceSeconds: 301 }],
    ['trust[0].maxLifetimeSeconds', { maxLifetimeSeconds: 3601 }],
    ['trust[0].keys.jwksUri', { keys: { jwksUri: 'http://herald.example/jwks.json' } }],
    ['trust[0].isuer', { isuer: 'https://herald.service/' }],
  ])('and the message names %s', async (path, change) => {
    const trust = [herald.trustRecord(change)];
    expect(await refused({ options: { ...options, trust } })).toContain(path);
  });

  it('with a handler that does not say who may call it: all of them are listed', async () => {
    const message = await refused({ controllers: [GuardedController, HealthController] });
    expect(message).toContain('  HealthController#health\n  HealthController#live\n');
    expect(message).not.toMatch(/GuardedController|JwksController|notARoute/);
  });

  it('with a class and a method that contradict each other', async () => {
    @Controller()
    @Scopes('a')
    class MixedController {
      @Get()
      @Public()
      open() {
        return 'open';
      }
    }
    const message = await refused({ controllers: [MixedController] });
    expect(message).toContain('MixedController#open is @Public() and also @Scopes()');
  });

  it('with a route that is for a user and for a service', async () => {
    @Controller()
    @Authenticated('user')
    class MixedController {
      @Get()
      @Authenticated('service')
      both() {
        return 'both';
      }
    }
    expect(await refused({ controllers: [MixedController] })).toContain('MixedController#both');
  });

  it('with a policy that nobody provides', async () => {
    class Unprovided implements HandlerPolicy {
      permits() {
        return true;
      }
    }
    @Controller()
    class PolicyController {
      @Get()
      @Policies(Unprovided)
      find() {
        return 'found';
      }
    }
    expect(await refused({ controllers: [PolicyController] })).toContain('@Policies() names Unprovided');
  });

  it('with a subject resolver that nobody provides', async () => {
    class Subjects implements SubjectResolver {
      async resolve() {
        return undefined;
      }
    }
    expect(await refused({ options: { ...options, subjects: Subjects } })).toContain('subjects is Subjects');
  });

  it('with an exempt controller that it does not have', async () => {
    const exempt = [{ controller: HealthController, as: 'public' as const }];
    expect(await refused({ options: { ...options, exempt } })).toContain('HealthController');
  });

  it('with the options of the module given twice', async () => {
    expect(await refused({ imports: [CountersignModule.forRoot(options)] })).toContain('twice');
  });

  it('with a private key that is a public one', async () => {
    const [publicKey] = herald.keyStore.publicKeys().keys;
    expect(await refused({ options: { ...options, keys: { privateKeys: [publicKey!] } } })).toContain('keys.privateKeys[0]');
  });
});

describe('a decorator', () => {
  it('without a name is refused when the class is loaded', () => {
    const bare: readonly ((...names: never[]) => unknown)[] = [Scopes, Scopes.any, Roles, Roles.any, Callers, Policies];
    for (const decorator of bare) expect(() => decorator()).toThrow(/needs/);
  });

  it('with something that is not one name is refused when the class is loaded', () => {
    expect(() => Scopes('user:read user:write')).toThrow('is not one name');
    expect(() => Roles('')).toThrow('is not one name');
  });

  it('that contradicts another one on the same target is refused when the class is loaded', () => {
    const load = () => {
      class LoadedController {
        @Public()
        @Scopes('a')
        find() {
          return 'found';
        }
      }
      return LoadedController;
    };
    expect(load).toThrow('LoadedController#find is @Public() and also @Scopes()');
    expect(() => Scopes('a')(class Loaded {})).not.toThrow();
  });
});

describe.each(ADAPTERS)('an application starts over $name', ({ adapter }) => {
  let herald: TestIssuer;
  let options: CountersignOptions;
  beforeAll(async () => {
    herald = await TestIssuer.start({ issuer: 'https://herald.service/' });
    options = censusOptions(herald, herald.keyStore);
  });
  afterAll(() => herald.close());

  const status = async (origin: string, path: string, claims?: object) => {
    const headers = claims === undefined ? [] : [bearer(await herald.token({ audience: SERVICE, claims: { ...claims } }))];
    return (await send(origin, { path, headers })).status;
  };

  it('with undecorated handlers that are relaxed by name: they need a token, and no more', async () => {
    const census = await startApplication({
      adapter,
      options: { ...options, undecorated: 'authenticated' },
      controllers: [HealthController],
    });
    try {
      expect(await status(census.origin, '/health')).toBe(401);
      expect(await status(census.origin, '/health', {})).toBe(200);
    } finally {
      await census.close();
    }
  });

  it.each<['public' | readonly Requirement[], number, number]>([
    ['public', 200, 200],
    [[{ kind: 'scope', anyOf: ['user:read'] }], 401, 200],
  ])('with a controller of somebody else that is exempt as %j', async (as, anonymous, authenticated) => {
    const exempt = [{ controller: HealthController, as }];
    const census = await startApplication({ adapter, options: { ...options, exempt }, controllers: [HealthController] });
    try {
      expect(await status(census.origin, '/health')).toBe(anonymous);
      expect(await status(census.origin, '/health', { scope: 'user:read' })).toBe(authenticated);
    } finally {
      await census.close();
    }
  });

  it('with options that its own providers help to make', async () => {
    @Injectable()
    class Settings {
      readonly service = SERVICE;
    }
    @Injectable()
    class Subjects implements SubjectResolver {
      async resolve() {
        return { user: {}, roles: [] };
      }
    }
    @Module({ providers: [Settings, Subjects], exports: [Settings] })
    class SettingsModule {}
    const forRootAsync = CountersignModule.forRootAsync({
      imports: [SettingsModule],
      inject: [Settings],
      useFactory: async (settings: Settings) => ({ ...options, service: settings.service }),
      subjects: Subjects,
    });
    const { NestFactory } = await import('@nestjs/core');
    const root = { module: class Root {}, imports: [forRootAsync], controllers: [GuardedController] };
    const nest = await NestFactory.create(root, adapter(), { logger: false, abortOnError: false });
    try {
      await nest.listen(0, '127.0.0.1');
      const origin = await nest.getUrl();
      expect(await status(origin, '/guarded')).toBe(401);
      expect(await status(origin, '/guarded', {})).toBe(200);
    } finally {
      await nest.close();
    }
  });

  it('and publishes its public keys, in public', async () => {
    const census = await startApplication({ adapter, options, controllers: [GuardedController] });
    try {
      const answer = await send(census.origin, { path: '/.well-known/jwks.json' });
      expect(answer.status).toBe(200);
      expect(answer.headers['content-type']).toMatch(/^application\/jwk-set\+json/);
      expect(answer.headers['cache-control']).toBe('public, max-age=300');
      expect(answer.json).toEqual(JSON.parse(JSON.stringify(herald.keyStore.publicKeys())));
      expect(answer.text).not.toContain('"d"');
    } finally {
      await census.close();
    }
  });

  it('beside another one in the same process, and neither accepts the tokens of the other', async () => {
    const idp = await TestIssuer.start({ issuer: 'https://idp.service/' });
    const census = await startApplication({ adapter, options, controllers: [GuardedController] });
    const other = await startApplication({
      adapter,
      options: { ...options, trust: [idp.trustRecord()] },
      controllers: [GuardedController],
    });
    const ask = async (origin: string, issuer: TestIssuer) => {
      const { json, status: code } = await send(origin, {
        path: '/guarded',
        headers: [bearer(await issuer.token({ audience: SERVICE }))],
      });
      return json['code'] ?? code;
    };
    try {
      expect(await ask(census.origin, herald)).toBe(200);
      expect(await ask(census.origin, idp)).toBe('issuer_untrusted');
      expect(await ask(other.origin, idp)).toBe(200);
      expect(await ask(other.origin, herald)).toBe('issuer_untrusted');
      await other.close();
      expect(await ask(census.origin, herald)).toBe(200);
    } finally {
      await other.close();
      await census.close();
      await idp.close();
    }
  });
});
