import {
  type CanActivate,
  Controller,
  type DynamicModule,
  Get,
  Inject,
  Injectable,
  Module,
  type Provider,
  Scope,
  type Type,
  UseGuards,
} from '@nestjs/common';
import { APP_INTERCEPTOR, ModuleRef } from '@nestjs/core';
import {
  Authenticated,
  AuthorizedFetch,
  CurrentPrincipal,
  RequestScope,
  type CountersignOptions,
  type Principal,
} from '@countersign/nestjs';
import { type TestIssuer } from '@countersign/testing';
import { ADAPTERS, censusOptions, SERVICE, type Application } from '../support/application.js';
import { HERALD, useIssuer } from '../support/hooks/use-issuer.js';
import { useStart } from '../support/hooks/use-start.js';
import { bearer, send } from '../support/http.js';

/** Gets the scope of a request in no way that shows when the application starts. */
@Controller()
class LateController {
  constructor(private readonly moduleRef: ModuleRef) {}

  @Get('late')
  @Authenticated()
  async late() {
    await Promise.resolve();
    return this.moduleRef.get(RequestScope, { strict: false }).principal?.caller.name ?? 'nobody';
  }

  @Get('current')
  @Authenticated()
  current(@CurrentPrincipal() principal: Principal) {
    return principal.caller.name;
  }
}

@Injectable()
class ByConstructor {
  constructor(readonly scope: RequestScope) {}
}

@Injectable()
class ByProperty {
  @Inject(RequestScope) readonly scope!: RequestScope;
}

@Injectable({ scope: Scope.REQUEST })
class ForEachRequest {
  constructor(readonly scope: RequestScope) {}
}

@Injectable()
class Calls {
  constructor(readonly calls: AuthorizedFetch) {}
}

@Injectable()
class ScopeGuard implements CanActivate {
  constructor(readonly scope: RequestScope) {}
  canActivate = () => true;
}

@Controller('guarded')
@UseGuards(ScopeGuard)
class GuardedController {
  @Get()
  @Authenticated()
  nothing() {
    return 'nothing';
  }
}

@Controller('reads')
class ReadingController {
  constructor(readonly scope: RequestScope) {}
  @Get()
  @Authenticated()
  nothing() {
    return 'nothing';
  }
}

const factory: Provider = {
  provide: 'made',
  useFactory: (scope: RequestScope) => scope,
  inject: [RequestScope],
};
const interceptor: Provider = {
  provide: APP_INTERCEPTOR,
  useFactory: (scope: RequestScope) => ({
    scope,
    intercept: (_: unknown, next: { handle(): unknown }) => next.handle(),
  }),
  inject: [RequestScope],
};

@Module({ providers: [ByConstructor] })
class OtherModule {}

interface Reader {
  readonly by: string;
  readonly providers?: readonly Provider[];
  readonly controllers?: readonly Type[];
  readonly imports?: readonly (Type | DynamicModule)[];
  readonly options?: Partial<CountersignOptions>;
}

const READERS: readonly Reader[] = [
  { by: 'a provider by its constructor', providers: [ByConstructor] },
  { by: 'a provider by a property', providers: [ByProperty] },
  { by: 'a provider that is made for each request', providers: [ForEachRequest] },
  { by: 'the factory of a provider', providers: [factory] },
  { by: 'a provider of another module', imports: [OtherModule] },
  { by: 'a controller', controllers: [ReadingController] },
  { by: 'a guard of a controller', controllers: [GuardedController] },
  { by: 'a global interceptor', providers: [interceptor] },
  { by: 'a provider that calls other services', providers: [Calls] },
  {
    by: 'whoever calls a declared destination',
    options: {
      destinations: [
        { name: 'echo', url: 'https://echo.service/', authorize: 'none', onBehalfOf: 'service' },
      ],
    },
  },
];

describe.each(ADAPTERS)('over $name a request', ({ adapter }) => {
  let herald: TestIssuer;
  let application: Application;
  const startApplication = useStart();

  useIssuer(HERALD, (issuer) => void (herald = issuer));

  async function started({
    providers = [],
    controllers = [],
    imports = [],
    options = {},
  }: Partial<Reader>): Promise<Application> {
    application = await startApplication({
      adapter,
      options: { ...censusOptions(herald, herald.keyStore), ...options },
      imports: [...imports],
      controllers: [LateController, ...controllers],
      providers: [...providers],
    });
    return application;
  }

  async function get(path: string): Promise<{ readonly status: number; readonly text: string }> {
    const headers = [bearer(await herald.token({ audience: SERVICE }))];
    return send(application.origin, { path, headers });
  }

  it.each(READERS)('has a scope where it can be read: by $by', async (reader) => {
    await started(reader);
    expect(await get('/late')).toMatchObject({ status: 200, text: 'herald' });
  });

  it('has none where nobody can read it, and its handler gets the principal all the same', async () => {
    await started({});
    expect(await get('/current')).toMatchObject({ status: 200, text: 'herald' });
  });

  it('is answered 500 when somebody reads a scope that it does not have: nobody is never taken for "not authenticated"', async () => {
    const { nest } = await started({});
    const answer = await get('/late');
    expect(answer).toMatchObject({ status: 500 });
    expect(JSON.parse(answer.text)).toMatchObject({ code: 'config_invalid' });
    expect(() => nest.get(RequestScope).principal).toThrow(
      expect.objectContaining({
        code: 'config_invalid',
        message: expect.stringContaining("requestScope: 'always'"),
      }),
    );
  });

  it('has a scope where the option requestScope says always, whoever reads it', async () => {
    await started({ options: { requestScope: 'always' } });
    expect(await get('/late')).toMatchObject({ status: 200, text: 'herald' });
  });
});
