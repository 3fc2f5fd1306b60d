import { Controller, Get } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import {
  Authenticated,
  CountersignModule,
  Policies,
  Public,
  Scopes,
  type CountersignOptions,
  type HandlerPolicy,
  type SubjectResolver,
} from '@countersign/nestjs';
import { type TestIssuer } from '@countersign/testing';
import {
  censusOptions,
  SERVICE,
  startApplication,
  startError,
  type ApplicationParts,
} from './support/application.js';
import { GuardedController } from './support/controllers/guarded.controller.js';
import { HealthController } from './support/controllers/health.controller.js';
import { HERALD, useIssuer } from './support/hooks/use-issuer.js';

describe('an application does not start', () => {
  let herald: TestIssuer;
  let options: CountersignOptions;
  useIssuer(HERALD, (issuer) => {
    herald = issuer;
    options = censusOptions(herald, herald.keyStore);
  });

  const start = (parts: Partial<ApplicationParts>) => () =>
    startApplication({
      adapter: () => new ExpressAdapter(),
      options,
      controllers: [GuardedController],
      ...parts,
    });
  const refused = async (parts: Partial<ApplicationParts>) => (await startError(start(parts))).message;

  it('unless its options are complete: this one does', async () => {
    const census = await start({})();
    await census.close();
  });

  it.each<[string, object]>([
    ['service', { service: '' }],
    ['service', { service: undefined }],
    ['trust', { trust: undefined }],
    ['trust', { trust: null }],
    ['keys', { keys: null }],
    ['keys', { keys: '.data/keys' }],
    ['audiance', { audiance: SERVICE }],
    ['issuer', { issuer: 'https://herald.service/' }],
    ['undecorated', { undecorated: 'public' }],
    ['exempt[0].as', { exempt: [{ controller: HealthController, as: [] }] }],
    ['exempt[0].controller', { exempt: [{ controller: 'HealthController', as: 'public' }] }],
    [
      'exempt[0].as[0].kind',
      { exempt: [{ controller: HealthController, as: [{ kind: 'scopes', anyOf: ['a'] }] }] },
    ],
    ['subjects', { subjects: {} }],
    ['maxBodyBytes', { maxBodyBytes: -1 }],
    ['maxBufferedBodyBytes', { maxBufferedBodyBytes: -1 }],
    ['undeclared', { undeclared: 'send' }],
    ['tokenCache', { tokenCache: new Map<string, string>().keys() }],
    ['tokenCache', { tokenCache: null }],
    ['hydrate', { hydrate: 'always' }],
    ['hydrate', { hydrate: true }],
    ['hydrate.timeoutMs', { hydrate: { timeoutMs: 0 } }],
    ['hydrate.timeout', { hydrate: { timeout: 5 } }],
    [
      'destinations[0].onBehalfOf',
      { destinations: [{ name: 'a', url: 'https://a.example/', authorize: 'mint' }] },
    ],
    [
      'destinations[0].url',
      { destinations: [{ name: 'a', url: 'http://a.example/', onBehalfOf: 'user', authorize: 'mint' }] },
    ],
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
    expect(await refused({ options: { ...options, keys: { privateKeys: [publicKey!] } } })).toContain(
      'keys.privateKeys[0]',
    );
  });
});
