import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type Requirement } from '@countersign/core';
import { CountersignModule, type CountersignOptions, type SubjectResolver } from '@countersign/nestjs';
import { TestIssuer } from '@countersign/testing';
import { ADAPTERS, censusOptions, SERVICE } from './support/application.js';
import { GuardedController } from './support/controllers/guarded.controller.js';
import { HealthController } from './support/controllers/health.controller.js';
import { HERALD, useIssuer } from './support/hooks/use-issuer.js';
import { useStart } from './support/hooks/use-start.js';
import { bearer, send } from './support/http.js';

describe.each(ADAPTERS)('an application starts over $name', ({ adapter }) => {
  let herald: TestIssuer;
  let options: CountersignOptions;
  const startApplication = useStart();
  useIssuer(HERALD, (issuer) => {
    herald = issuer;
    options = censusOptions(herald, herald.keyStore);
  });

  const status = async (origin: string, path: string, claims?: object) => {
    const headers =
      claims === undefined ? [] : [bearer(await herald.token({ audience: SERVICE, claims: { ...claims } }))];
    return (await send(origin, { path, headers })).status;
  };

  it('with undecorated handlers that are relaxed by name: they need a token, and no more', async () => {
    const census = await startApplication({
      adapter,
      options: { ...options, undecorated: 'authenticated' },
      controllers: [HealthController],
    });
    expect(await status(census.origin, '/health')).toBe(401);
    expect(await status(census.origin, '/health', {})).toBe(200);
  });

  it.each<['public' | readonly Requirement[], number, number]>([
    ['public', 200, 200],
    [[{ kind: 'scope', anyOf: ['user:read'] }], 401, 200],
  ])('with a controller of somebody else that is exempt as %j', async (as, anonymous, authenticated) => {
    const exempt = [{ controller: HealthController, as }];
    const census = await startApplication({
      adapter,
      options: { ...options, exempt },
      controllers: [HealthController],
    });
    expect(await status(census.origin, '/health')).toBe(anonymous);
    expect(await status(census.origin, '/health', { scope: 'user:read' })).toBe(authenticated);
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
    const answer = await send(census.origin, { path: '/.well-known/jwks.json' });
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toMatch(/^application\/jwk-set\+json/);
    expect(answer.headers['cache-control']).toBe('public, max-age=300');
    expect(answer.json).toEqual(JSON.parse(JSON.stringify(herald.keyStore.publicKeys())));
    expect(answer.text).not.toContain('"d"');
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
