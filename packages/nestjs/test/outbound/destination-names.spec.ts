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
import { type TestIssuer } from '@countersign/testing';
import { censusOptions, startApplication, startError } from '../support/application.js';
import { GATEWAY, useIssuer } from '../support/hooks/use-issuer.js';

@Injectable()
class Notifications {
  constructor(@Destination('herald') readonly herald: DestinationClient) {}
}

let issuer: TestIssuer;

useIssuer(GATEWAY, (started) => void (issuer = started));

const herald = (changes: object = {}): DestinationRecord => ({
  name: 'herald',
  url: 'https://herald.example/',
  onBehalfOf: 'user',
  authorize: 'mint',
  ...changes,
});

const optionsWith = (...destinations: readonly DestinationRecord[]): CountersignOptions => ({
  ...censusOptions(issuer, issuer.keyStore),
  destinations,
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
