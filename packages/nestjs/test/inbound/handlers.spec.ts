import { Controller, Get } from '@nestjs/common';
import { ExternalContextCreator } from '@nestjs/core';
import { Authenticated, Public, Scopes } from '@countersign/nestjs';
import { TestIssuer } from '@countersign/testing';
import {
  ADAPTERS,
  censusOptions,
  REALM,
  SERVICE,
  startApplication,
  type Application,
} from '../support/application.js';
import { bearer, send } from '../support/http.js';
import { CHALLENGE, expectRefusal } from '../support/refusals.js';

const ran: string[] = [];

/** Puts another function around a method, as decorators of other libraries do. */
function Wrapped(_target: object, _name: string, descriptor: TypedPropertyDescriptor<() => void>) {
  const inner = descriptor.value;
  descriptor.value = function (this: unknown) {
    inner?.call(this);
  };
  for (const key of Reflect.getMetadataKeys(inner!)) {
    Reflect.defineMetadata(key, Reflect.getMetadata(key, inner!), descriptor.value);
  }
}

@Controller()
@Authenticated()
class HandlerController {
  constructor() {
    // What a tracing tool does: its own function, with the name and the metadata of the one that it wraps.
    const traced = this.traced.bind(this);
    for (const key of Reflect.getMetadataKeys(this.traced)) {
      Reflect.defineMetadata(key, Reflect.getMetadata(key, this.traced), traced);
    }
    this.traced = traced;
    this.named = { named: () => ran.push('named') }.named;
    this.unknown = (
      () => () =>
        ran.push('unknown')
    )();
  }

  @Get('wrapped')
  @Wrapped
  @Scopes('user:read')
  wrapped() {
    ran.push('wrapped');
  }

  @Get('traced')
  @Scopes('user:read')
  traced() {
    ran.push('traced');
  }

  @Get('named')
  @Scopes('user:read')
  named(): unknown {
    return ran.push('never');
  }

  @Get('unknown')
  @Scopes('user:read')
  unknown(): unknown {
    return ran.push('never');
  }
}

describe.each(ADAPTERS)('a handler over $name', ({ adapter }) => {
  let herald: TestIssuer;
  let census: Application;
  beforeAll(async () => {
    herald = await TestIssuer.start({ issuer: 'https://herald.service/' });
    census = await startApplication({
      adapter,
      options: censusOptions(herald, herald.keyStore),
      controllers: [HandlerController],
    });
  });
  afterAll(async () => {
    await census.close();
    await herald.close();
  });
  beforeEach(() => {
    ran.length = 0;
  });

  const get = async (path: string, scope: string) =>
    send(census.origin, {
      path,
      headers: [bearer(await herald.token({ audience: SERVICE, claims: { scope } }))],
    });

  it.each(['wrapped', 'traced', 'named'])(
    'keeps its requirements when another function stands in its place: %s',
    async (name) => {
      expect((await get(`/${name}`, 'user:read')).status).toBe(200);
      expect(ran).toEqual([name]);
      ran.length = 0;
      const challenge = `${REALM}, error="insufficient_scope", scope="user:read"`;
      expectRefusal(await get(`/${name}`, ''), { status: 403, code: 'scope_missing', challenge });
      expect(ran).toEqual([]);
    },
  );

  it('is refused when nobody can tell what it requires, whatever its class says', async () => {
    const answer = await get('/unknown', 'user:read');
    expectRefusal(answer, { status: 403, code: 'policy_missing', challenge: CHALLENGE.bare });
    expect(ran).toEqual([]);
  });
});

describe('a handler of another transport', () => {
  it.each(['rpc', 'ws', 'graphql'])('is refused: %s', async (transport) => {
    const herald = await TestIssuer.start({ issuer: 'https://herald.service/' });
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
    const census = await startApplication({
      adapter: ADAPTERS[0]!.adapter,
      options: censusOptions(herald, herald.keyStore),
      providers: [Messages],
    });
    ran.length = 0;
    try {
      const messages = census.nest.get(Messages);
      const contexts = census.nest.get(ExternalContextCreator, { strict: false });
      for (const name of ['open', 'guarded'] as const) {
        const options = { guards: true, interceptors: false, filters: false };
        const call = contexts.create(
          messages,
          messages[name],
          name,
          undefined,
          undefined,
          undefined,
          undefined,
          options,
          transport,
        );
        await expect(call({ data: 1 })).rejects.toMatchObject({ code: 'transport_unsupported' });
      }
      expect(ran).toEqual([]);
    } finally {
      await census.close();
      await herald.close();
    }
  });
});
