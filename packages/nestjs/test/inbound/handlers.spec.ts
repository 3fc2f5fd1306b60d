import { Controller, Get, Injectable, Scope } from '@nestjs/common';
import { Authenticated, Callers, Public, Scopes } from '@countersign/nestjs';
import { type TestIssuer } from '@countersign/testing';
import { ADAPTERS, REALM, SERVICE, type Application } from '../support/application.js';
import { useApplication } from '../support/hooks/use-application.js';
import { bearer, send } from '../support/http.js';
import { CHALLENGE, expectRefusal } from '../support/refusals.js';

const ran: string[] = [];

/** Puts another function around a method, as decorators of other libraries do. */
function Wrapped(_target: object, _name: string, descriptor: TypedPropertyDescriptor<() => void>) {
  const inner = descriptor.value;
  descriptor.value = function (this: unknown) {
    inner?.call(this);
  };
  copyMetadata(inner!, descriptor.value);
}

function copyMetadata(from: object, to: object): void {
  for (const key of Reflect.getMetadataKeys(from)) {
    Reflect.defineMetadata(key, Reflect.getMetadata(key, from), to);
  }
}

@Controller()
@Authenticated()
class WrappedController {
  constructor() {
    // What a tracing tool does: its own function, with the name and the metadata of the one that it wraps.
    const traced = this.traced.bind(this);
    copyMetadata(this.traced, traced);
    this.traced = traced;
    this.bound = this.bound.bind(this);
    this.arrow = () => ran.push('arrow');
    const named = this.named.bind(this);
    this.named = function health() {
      return named();
    };
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

  @Get('bound')
  @Scopes('user:read')
  bound() {
    ran.push('bound');
  }

  @Get('arrow')
  @Scopes('user:read')
  arrow(): unknown {
    return ran.push('never');
  }

  @Get('named')
  @Scopes('user:read')
  named(): unknown {
    return ran.push('named');
  }

  @Get('health')
  health(): unknown {
    return ran.push('health');
  }
}

/** Of this one Nest makes an instance for each request, with a function that nobody has seen before. */
@Injectable({ scope: Scope.REQUEST })
@Controller('request')
class RequestController {
  constructor() {
    this.unknown = this.unknown.bind(this);
  }

  @Get('unknown')
  @Scopes('user:read')
  unknown(): unknown {
    return ran.push('unknown');
  }
}

/** Puts a function in the place of one method that carries the metadata of another, which anybody may call. */
function mislabel(controller: { secret: () => unknown; health: () => unknown }): void {
  const secret = controller.secret.bind(controller);
  copyMetadata(controller.health, secret);
  controller.secret = secret;
}

@Injectable({ scope: Scope.REQUEST })
@Controller('request/mislabelled')
class RequestMislabelledController {
  constructor() {
    mislabel(this);
  }

  @Get('secret')
  @Scopes('user:read')
  secret(): unknown {
    return ran.push('secret');
  }

  @Get('health')
  @Public()
  health(): unknown {
    return ran.push('health');
  }
}

@Controller('mislabelled')
class MislabelledController {
  constructor() {
    mislabel(this);
  }

  @Get('secret')
  @Scopes('user:read')
  secret(): unknown {
    return ran.push('secret');
  }

  @Get('health')
  @Public()
  health(): unknown {
    return ran.push('health');
  }
}

/** The same, where the class alone says who may call, so that it makes no difference which method it is. */
@Injectable({ scope: Scope.REQUEST })
@Controller('class')
@Callers('gateway')
class ClassController {
  constructor() {
    this.bound = this.bound.bind(this);
  }

  @Get('bound')
  bound(): unknown {
    return ran.push('class');
  }
}

describe.each(['refuse', 'authenticated'] as const)('where undecorated handlers are: %s', (undecorated) => {
  describe.each(ADAPTERS)('a handler over $name', ({ adapter }) => {
    let herald: TestIssuer;
    let census: Application;
    const controllers = [
      WrappedController,
      RequestController,
      ClassController,
      MislabelledController,
      RequestMislabelledController,
    ];
    useApplication({ adapter, options: () => ({ undecorated }), controllers }, (started) => {
      ({ issuer: herald, census } = started);
    });
    beforeEach(() => {
      ran.length = 0;
    });

    const get = async (path: string, scope: string) =>
      send(census.origin, {
        path,
        headers: [bearer(await herald.token({ audience: SERVICE, claims: { scope } }))],
      });

    it.each(['wrapped', 'traced', 'bound', 'arrow', 'named'])(
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

    it('is refused when it is not clear which method it is, and so what it requires', async () => {
      const answer = await get('/request/unknown', 'user:read');
      expectRefusal(answer, { status: 403, code: 'policy_missing', challenge: CHALLENGE.bare });
      expect(ran).toEqual([]);
    });

    it('is not taken for the method whose metadata it carries', async () => {
      const refused = await get('/request/mislabelled/secret', 'user:read');
      expectRefusal(refused, { status: 403, code: 'policy_missing', challenge: CHALLENGE.bare });
      for (const path of ['/mislabelled/secret', '/request/mislabelled/secret']) {
        const answer = await send(census.origin, { path });
        expectRefusal(answer, { status: 401, code: 'token_missing', challenge: CHALLENGE.bare });
      }
      const challenge = `${REALM}, error="insufficient_scope", scope="user:read"`;
      expectRefusal(await get('/mislabelled/secret', ''), { status: 403, code: 'scope_missing', challenge });
      expect(ran).toEqual([]);
      for (const path of ['/mislabelled/health', '/request/mislabelled/health'])
        expect((await send(census.origin, { path })).status).toBe(200);
      expect((await get('/mislabelled/secret', 'user:read')).status).toBe(200);
      expect(ran).toEqual(['health', 'health', 'secret']);
    });

    it('keeps what its class requires when no method of it requires more', async () => {
      const answer = await get('/class/bound', 'user:read');
      expectRefusal(answer, { status: 403, code: 'caller_not_allowed', challenge: CHALLENGE.bare });
      expect(ran).toEqual([]);
    });
  });
});
