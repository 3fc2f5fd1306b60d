import {
  type CanActivate,
  Controller,
  Get,
  Inject,
  Injectable,
  Module,
  Scope,
  UseGuards,
  type MiddlewareConsumer,
  type NestMiddleware,
  type Provider,
  type Type,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import {
  Authenticated,
  CountersignModule,
  Destination,
  getDestinationToken,
  type CountersignOptions,
  type DestinationClient,
  type DestinationRecord,
} from '@countersign/nestjs';
import { TestIssuer } from '@countersign/testing';
import { ADAPTERS, censusOptions, SERVICE, startApplication, startError } from '../support/application.js';
import { claimsOf, startCalledService, type CalledService } from '../support/called-service.js';
import { bearer, send } from '../support/http.js';

const USER = `${SERVICE}user/21/`;

@Injectable()
class Notifications {
  constructor(@Destination('herald') readonly herald: DestinationClient) {}
}

@Controller()
class NotifyController {
  constructor(@Destination('herald') private readonly herald: DestinationClient) {}

  @Get('notify')
  @Authenticated()
  async notify() {
    const response = await this.herald.fetch('notification/', { method: 'POST', body: 'hello' });
    return { status: response.status };
  }
}

let issuer: TestIssuer;
let called: CalledService;

beforeAll(async () => {
  issuer = await TestIssuer.start({ issuer: 'https://gateway.service/' });
});
afterAll(() => issuer.close());
beforeEach(async () => {
  called = await startCalledService();
});
afterEach(() => called.close());

const herald = (changes: object = {}): DestinationRecord => ({
  name: 'herald',
  url: `${called.origin}/v1`,
  audience: 'https://herald.service/',
  onBehalfOf: 'user',
  authorize: 'mint',
  ...changes,
});

const optionsWith = (...destinations: readonly DestinationRecord[]): CountersignOptions => ({
  ...censusOptions(issuer, issuer.keyStore),
  destinations,
});

describe.each(ADAPTERS)('a destination over $name that is called by its name', ({ adapter }) => {
  it('gets the call under its URL, with a token for it in the name of the user', async () => {
    const trust = [issuer.trustRecord({ actsFor: [`${SERVICE}user/`] })];
    const options = { ...optionsWith(herald()), trust };
    const census = await startApplication({ adapter, options, controllers: [NotifyController] });
    try {
      const token = await issuer.token({ audience: SERVICE, claims: { sub: USER } });
      const answer = await send(census.origin, { path: '/notify', headers: [bearer(token)] });
      expect(answer.json).toEqual({ status: 200 });
      const [call] = called.received;
      expect(call).toMatchObject({ method: 'POST', url: '/v1/notification/', body: Buffer.from('hello') });
      expect(claimsOf(call!)).toMatchObject({ iss: SERVICE, aud: 'https://herald.service/', sub: USER });
    } finally {
      await census.close();
    }
  });
});

describe('the client of a destination', () => {
  async function withClient(
    use: (client: DestinationClient) => Promise<void>,
    options = optionsWith(herald()),
  ): Promise<void> {
    const adapter = (): ExpressAdapter => new ExpressAdapter();
    const census = await startApplication({ adapter, options, providers: [Notifications] });
    try {
      await use(census.nest.get(Notifications).herald);
    } finally {
      await census.close();
    }
  }

  it('says what its record says', () =>
    withClient(async (client) => {
      const { name, url, audience } = client;
      expect({ name, url, audience }).toEqual({
        name: 'herald',
        url: `${called.origin}/v1/`,
        audience: 'https://herald.service/',
      });
      expect(Object.isFrozen(client)).toBe(true);
    }));

  it('has a verb for the user, one for this service, and follows onBehalfOf', () =>
    withClient(async (client) => {
      await expect(client.fetch('a')).rejects.toMatchObject({ code: 'user_context_missing' });
      await expect(client.forUser('a')).rejects.toMatchObject({ code: 'user_context_missing' });
      await client.forService('b?c=d');
      await client.fetch('e', { onBehalfOf: 'service', scopes: [] });
      expect(called.received.map(({ url }) => url)).toEqual(['/v1/b?c=d', '/v1/e']);
      expect(called.received.map(claimsOf)).toMatchObject([{ sub: SERVICE }, { sub: SERVICE }]);
    }));

  it.each([
    ['a plain path', 'user/42/', '/v1/user/42/'],
    ['no path', '', '/v1/'],
    ['a query', '?page=../2', '/v1/?page=../2'],
    ['names that begin with dots', '.well-known/...', '/v1/.well-known/...'],
    ['an escaped identifier', `user/${encodeURIComponent('a b?c#d')}/`, '/v1/user/a%20b%3Fc%23d/'],
  ])('sends %s as it is written', (_what, path, target) =>
    withClient(async (client) => {
      await client.forService(path);
      expect(called.received.map(({ url }) => url)).toEqual([target]);
    }),
  );

  it('sends the whole URL of something under it', () =>
    withClient(async (client) => {
      await client.forService(`${called.origin}/v1/user/`);
      expect(called.received.map(({ url }) => url)).toEqual(['/v1/user/']);
    }));

  it.each([
    ['..'],
    ['../'],
    ['../v2/'],
    ['../v1/user/'],
    ['user/../../v2/'],
    ['user/..'],
    ['user/../admin/'],
    ['user/./'],
    ['./user/'],
    ['user/%2e%2E/admin/'],
    ['user/.%2e/admin/'],
    ['user/.. '],
    ['user\\..\\admin'],
    ['user/.\t./admin'],
    ['user/..\u0001'],
    ['user/..%2f..%2f..%2fv2/'],
    ['/user/'],
    ['/v2/user/'],
    ['//evil.example/v1/'],
    ['\\\\evil.example\\v1\\'],
    ['https://evil.example/v1/'],
    ['https://evil.example'],
    ['javascript:alert(1)'],
    ['urn:user:42'],
    ['http://'],
  ])('sends nothing for a path that leads elsewhere: %j', (path) =>
    withClient(async (client) => {
      await client.forService('user/');
      await expect(client.forService(path)).rejects.toMatchObject({ code: 'destination_unknown' });
      expect(called.received).toHaveLength(1);
    }),
  );

  it('sends nothing to another destination below it', () => {
    const admin = herald({ name: 'admin', url: `${called.origin}/v1/admin/` });
    return withClient(
      async (client) => {
        await client.forService('user/');
        for (const path of ['admin/', 'admin/user/', '%61dmin/'])
          await expect(client.forService(path)).rejects.toMatchObject({ code: 'destination_unknown' });
        expect(called.received).toHaveLength(1);
      },
      optionsWith(herald(), admin),
    );
  });

  it('sends nothing elsewhere either where undeclared calls are let out', () =>
    withClient(
      async (client) => {
        for (const path of ['../v2/', `${called.origin}/`, '//evil.example/'])
          await expect(client.forService(path)).rejects.toMatchObject({ code: 'destination_unknown' });
        expect(called.received).toEqual([]);
      },
      { ...optionsWith(herald()), undeclared: 'send-without-token' },
    ));
});

@Injectable()
class ByConstructor {
  constructor(@Destination('heralt') readonly herald: DestinationClient) {}
}

@Injectable()
class ByProperty {
  @Destination('heralt') readonly herald!: DestinationClient;
}

@Injectable()
class ByInheritance extends ByConstructor {}

@Injectable({ scope: Scope.REQUEST })
class ForEachRequest {
  constructor(@Destination('heralt') readonly herald: DestinationClient) {}
}

@Controller('asks')
class AskingController {
  constructor(@Destination('heralt') readonly herald: DestinationClient) {}
}

@Injectable()
class AskingGuard implements CanActivate {
  constructor(@Destination('heralt') readonly herald: DestinationClient) {}
  canActivate = () => true;
}

@Controller('guarded')
@UseGuards(AskingGuard)
class GuardedController {
  @Get()
  @Authenticated()
  nothing() {
    return 'nothing';
  }
}

@Injectable()
class AskingMiddleware implements NestMiddleware {
  constructor(@Destination('heralt') readonly herald: DestinationClient) {}
  use = (_request: unknown, _response: unknown, next: () => void) => next();
}

@Module({})
class ModuleWithMiddleware {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(AskingMiddleware).forRoutes('*path');
  }
}

const factory: Provider = {
  provide: 'made',
  useFactory: (client: DestinationClient) => client,
  inject: [getDestinationToken('heralt')],
};

interface Asker {
  readonly by: string;
  readonly providers?: readonly Provider[];
  readonly controllers?: readonly Type[];
  readonly imports?: readonly Type[];
}

const ASKERS: readonly (Asker & { readonly name: string })[] = [
  { by: 'a constructor', name: 'ByConstructor', providers: [ByConstructor] },
  { by: 'a property', name: 'ByProperty', providers: [ByProperty] },
  { by: 'the class that is extended', name: 'ByInheritance', providers: [ByInheritance] },
  { by: 'a provider that is made for each request', name: 'ForEachRequest', providers: [ForEachRequest] },
  { by: 'a controller', name: 'AskingController', controllers: [AskingController] },
  { by: 'a guard of a controller', name: 'AskingGuard', controllers: [GuardedController] },
  { by: 'middleware', name: 'AskingMiddleware', imports: [ModuleWithMiddleware] },
  { by: 'a factory', name: 'made', providers: [factory] },
];

describe('an application that calls a destination by a misspelt name', () => {
  const start = (
    { providers = [], controllers = [], imports = [] }: Partial<Asker>,
    destinations = [herald()],
  ) =>
    startApplication({
      adapter: () => new ExpressAdapter(),
      options: optionsWith(...destinations),
      providers: [...providers],
      controllers: [...controllers],
      imports: [...imports],
    });

  it.each(ASKERS)('does not start, and the error says which names there are: in $by', async (asker) => {
    await (await start(asker, [herald({ name: 'heralt' })])).close();
    const other = herald({ name: 'maps', url: 'https://maps.example/' });
    const error = await startError(() => start(asker, [herald(), other]));
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toMatchObject({ code: 'config_invalid' });
    expect(error.message).toBe(
      `destinations must declare "heralt", which ${asker.name} calls by its name; declared: herald, maps`,
    );
  });

  it('is told so where none is declared', async () => {
    const error = await startError(() => start({ providers: [ByConstructor] }, []));
    expect(error.message).toContain('declared: none');
  });

  it('starts where only another application of the process does so', async () => {
    await (await start({ providers: [Notifications] })).close();
  });
});

describe('the name of a destination', () => {
  it('is checked, too, where the options come late', async () => {
    const startLate = async (...destinations: readonly DestinationRecord[]) => {
      const root = {
        module: class RootModule {},
        imports: [CountersignModule.forRootAsync({ useFactory: () => optionsWith(...destinations) })],
        providers: [Notifications],
      };
      const nest = await NestFactory.createApplicationContext(root, { logger: false, abortOnError: false });
      await nest.close();
    };
    await startLate(herald());
    await expect(startLate(herald({ name: 'other' }))).rejects.toThrow(
      'destinations must declare "herald", which Notifications calls by its name; declared: other',
    );
  });

  it('may be asked for by a class that is decorated after forRootAsync was called', async () => {
    const imported = CountersignModule.forRootAsync({
      useFactory: () => optionsWith(herald({ name: 'later' })),
    });
    class Later {
      constructor(readonly client: DestinationClient) {}
    }
    Destination('later')(Later, undefined as never, 0);
    Injectable()(Later);
    const root = { module: class RootModule {}, imports: [imported], providers: [Later] };
    const nest = await NestFactory.createApplicationContext(root, { logger: false, abortOnError: false });
    expect(nest.get(Later).client.name).toBe('later');
    await nest.close();
  });

  it('leads to the client by its token, whoever asks for it', async () => {
    const options = optionsWith(herald({ name: 'asked-by-nobody' }));
    const census = await startApplication({ adapter: () => new ExpressAdapter(), options });
    expect(census.nest.get<DestinationClient>(getDestinationToken('asked-by-nobody')).name).toBe(
      'asked-by-nobody',
    );
    await census.close();
  });
});

describe('a stand-in for the client of a destination', () => {
  const standIn: Pick<DestinationClient, 'fetch'> = {
    fetch: () => Promise.resolve(Response.json('stand-in')),
  };

  it('is enough for a unit test of its own', async () => {
    const module = await Test.createTestingModule({
      providers: [Notifications, { provide: getDestinationToken('herald'), useValue: standIn }],
    }).compile();
    expect(module.get(Notifications).herald).toBe(standIn);
    expect(await (await module.get(Notifications).herald.fetch('a')).json()).toBe('stand-in');
  });

  it.each([
    ['that is declared', () => [herald()]],
    ['that is not declared', () => []],
  ])('takes the place of one %s in a test of the application', async (_what, destinations) => {
    @Injectable()
    class Asker {
      @Inject(getDestinationToken('herald')) readonly byToken!: DestinationClient;
      @Destination('herald') readonly byName!: DestinationClient;
    }
    const module = await Test.createTestingModule({
      imports: [CountersignModule.forRoot(optionsWith(...destinations()))],
      providers: [Asker],
    })
      .overrideProvider(getDestinationToken('herald'))
      .useValue(standIn)
      .compile();
    await module.init();
    expect(module.get(Asker)).toMatchObject({ byToken: standIn, byName: standIn });
    await module.close();
  });
});
