import { Injectable } from '@nestjs/common';
import { ExternalContextCreator, NestFactory } from '@nestjs/core';
import { Authenticated, CurrentPrincipal, Public, type Principal } from '@countersign/nestjs';
import { ADAPTERS, type Application } from '../support/application.js';
import { useApplication } from '../support/hooks/use-application.js';

const ran: string[] = [];

/** Under this name Nest keeps what the parameters of a handler are. */
const ROUTE_ARGS_METADATA = '__routeArguments__';

/** Nest's own exceptions keep it apart from their message. */
function shownToClients(refusal: unknown): unknown {
  const isNests = typeof refusal === 'object' && refusal !== null && 'getError' in refusal;
  return isNests ? (refusal as { getError(): unknown }).getError() : refusal;
}

/** Binds a method to its instance, and copies the metadata of the method of that name, as a library does for the method itself. */
function boundWithMetadataOf(name: string) {
  return (method: () => unknown, instance: object): (() => unknown) => {
    const bound = method.bind(instance);
    const source = Reflect.get(instance, name) as object;
    for (const key of Reflect.getMetadataKeys(source) as readonly unknown[])
      Reflect.defineMetadata(key, Reflect.getMetadata(key, source), bound);
    return bound;
  };
}

/** Handlers that a library runs through Nest, as `@golevelup/nestjs-rabbitmq` does. Where a library names no type, Nest says `http`. */
describe.each(['rpc', 'ws', 'graphql', 'rmq', 'http'])('a handler of the context type %s', (transport) => {
  let census: Application;

  @Injectable()
  class Messages {
    @Public()
    open(message: unknown) {
      ran.push('open');
      return message;
    }
    @Public()
    asking(@CurrentPrincipal() principal: Principal | undefined) {
      ran.push('asking');
      return principal === undefined;
    }
    @Authenticated()
    guarded() {
      ran.push('guarded');
    }
    undecorated() {
      ran.push('undecorated');
    }
  }
  @Injectable()
  class ForeignMessages {
    handle(message: unknown) {
      ran.push('exempt');
      return message;
    }
  }

  useApplication(
    {
      adapter: ADAPTERS[0]!.adapter,
      options: () => ({ exempt: [{ controller: ForeignMessages, as: 'public' }] }),
      providers: [Messages, ForeignMessages],
    },
    ({ census: started }) => {
      census = started;
    },
  );
  beforeEach(() => {
    ran.length = 0;
  });

  const call = (
    type: typeof Messages | typeof ForeignMessages,
    name: string,
    put: (method: () => unknown, instance: object) => () => unknown = (method) => method,
  ) => {
    const instance = census.nest.get<Record<string, () => unknown>>(type);
    const contexts = census.nest.get(ExternalContextCreator, { strict: false });
    const none = undefined;
    const factory = { exchangeKeyForValue: () => none };
    return contexts.create(
      instance,
      put(instance[name]!, instance),
      name,
      name === 'asking' ? ROUTE_ARGS_METADATA : none,
      factory,
      none,
      none,
      none,
      transport,
    )({ data: 1 });
  };

  it('runs when it is public', async () => {
    await expect(call(Messages, 'open')).resolves.toEqual({ data: 1 });
    expect(ran).toEqual(['open']);
  });

  it('runs when it is public and the library binds it, with its metadata', async () => {
    await expect(call(Messages, 'open', boundWithMetadataOf('open'))).resolves.toEqual({ data: 1 });
    expect(ran).toEqual(['open']);
  });

  it('is refused when the library binds it with the metadata of a public one', async () => {
    const refused = call(Messages, 'guarded', boundWithMetadataOf('open'));
    await expect(refused).rejects.toMatchObject({ message: 'This transport is not supported.' });
    expect(ran).toEqual([]);
  });

  it('has no principal', async () => {
    await expect(call(Messages, 'asking')).resolves.toBe(true);
  });

  it('runs when its class is exempt', async () => {
    await expect(call(ForeignMessages, 'handle')).resolves.toEqual({ data: 1 });
    expect(ran).toEqual(['exempt']);
  });

  it.each(['guarded', 'undecorated'])(
    'is refused by an error otherwise, so that no message is lost: %s',
    async (name) => {
      const refusal: unknown = await call(Messages, name).catch((error: unknown) => error);
      expect(refusal).toMatchObject({ message: 'This transport is not supported.' });
      expect(shownToClients(refusal)).toMatchObject({ code: 'transport_unsupported' });
      expect(ran).toEqual([]);
      expect(census.decisions).toMatchObject([{ decision: 'refused', code: 'transport_unsupported' }]);
    },
  );
});

describe('where CountersignModule was forgotten', () => {
  @Injectable()
  class Messages {
    @Public()
    open() {
      ran.push('open');
    }
    @Authenticated()
    guarded() {
      ran.push('guarded');
    }
  }
  @Injectable()
  class Undecorated {
    handle() {
      ran.push('undecorated');
    }
  }

  /** Nest provides no guards for an object that it did not make, and so no injected one. */
  async function run(name: string, instance: object) {
    const root = { module: class RootModule {} };
    const nest = await NestFactory.createApplicationContext(root, { logger: false, abortOnError: false });
    const method = Reflect.get(instance, name) as () => void;
    try {
      await nest.get(ExternalContextCreator).create(instance, method, name)({ data: 1 });
    } finally {
      await nest.close();
    }
  }

  beforeEach(() => {
    ran.length = 0;
  });

  it('a decorated handler is refused, even one of an object that Nest did not make', async () => {
    await expect(run('guarded', new Messages())).rejects.toMatchObject({ code: 'config_invalid' });
    expect(ran).toEqual([]);
  });

  it('a public handler runs, and one of a class that states nothing', async () => {
    await run('open', new Messages());
    await run('handle', new Undecorated());
    expect(ran).toEqual(['open', 'undecorated']);
  });
});
