import { Body, Controller, Post, Put } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { Authenticated, BodyLimit, Public, Scopes } from '@countersign/nestjs';
import { type TestIssuer } from '@countersign/testing';
import { ADAPTERS, SERVICE, startError, type Application } from '../support/application.js';
import { useApplication } from '../support/hooks/use-application.js';
import { useStart } from '../support/hooks/use-start.js';
import { bearer, send, type Answer } from '../support/http.js';
import { CHALLENGE, expectRefusal } from '../support/refusals.js';

const TOO_LARGE = { status: 413, code: 'body_too_large', challenge: CHALLENGE.request } as const;
const received: string[] = [];

@BodyLimit('2kb')
class Limited {
  @Post('inherited')
  @BodyLimit('100b')
  inherited(@Body() body: unknown) {
    return note(body);
  }
}

@Controller('picture')
@Scopes('user:read')
@BodyLimit('3kb')
class PictureController extends Limited {
  @Post('class')
  ofClass(@Body() body: unknown) {
    return note(body);
  }

  @Post('lower')
  @BodyLimit(100)
  lower(@Body() body: unknown) {
    return note(body);
  }

  @Post('higher')
  @BodyLimit('20kb')
  higher(@Body() body: unknown) {
    return note(body);
  }

  /** Its body is read by nobody. */
  @Put('unread')
  @BodyLimit('500kb')
  unread() {
    return note('unread');
  }
}

@Controller('note')
class NoteController {
  @Post()
  @Authenticated()
  create(@Body() body: unknown) {
    return note(body);
  }

  @Post('open')
  @Public()
  @BodyLimit(10)
  open(@Body() body: unknown) {
    return note(body);
  }
}

@Controller('forgotten')
@BodyLimit('1mb')
class ForgottenController {
  @Post()
  create() {
    return {};
  }
}

function note(body: unknown) {
  received.push(typeof body === 'string' ? body : JSON.stringify(body));
  return {};
}

/** A JSON text of that length. */
function bodyOf(length: number): string {
  return JSON.stringify({ text: 'x'.repeat(length - '{"text":""}'.length) });
}

describe.each(ADAPTERS)('The limit of the body of a route over $name', ({ adapter }) => {
  let herald: TestIssuer;
  let census: Application;

  useApplication(
    {
      adapter,
      options: () => ({ maxBodyBytes: 4096 }),
      controllers: [PictureController, NoteController],
      prepare(nest) {
        const instance: { addContentTypeParser?(type: string, parser: (...args: never[]) => void): void } =
          nest.getHttpAdapter().getInstance();
        instance.addContentTypeParser?.(
          '*',
          (_request: unknown, _body: unknown, done: (error: null) => void) => done(null),
        );
      },
    },
    (started) => {
      ({ issuer: herald, census } = started);
    },
  );

  beforeEach(() => {
    received.length = 0;
  });

  async function post(
    path: string,
    body: string,
    method = 'POST',
    type = 'application/json',
  ): Promise<Answer> {
    const bind = { method, url: path, body };
    const token = await herald.token({ audience: SERVICE, bind, claims: { scope: 'user:read' } });
    const headers = [bearer(token), ['Content-Type', type]] as const;
    return send(census.origin, { method, path, headers, body });
  }

  it.each([
    ['of the application where none is stated', '/note', 4096],
    ['of the class', '/picture/class', 3072],
    ['of the method, lower than that of its class', '/picture/lower', 100],
    ['of the method, higher than that of its class and of the application', '/picture/higher', 20_480],
    ['of a method of the base class', '/picture/inherited', 100],
  ])('is that %s', async (_which, path, limit) => {
    const accepted = bodyOf(limit);
    expect((await post(path, accepted)).status).toBe(201);
    expect(received).toEqual([accepted]);
    expectRefusal(await post(path, bodyOf(limit + 1)), TOO_LARGE);
    expect(received).toEqual([accepted]);
  });

  it('may be far above that of the application where nobody reads the body', async () => {
    expect((await post('/picture/unread', 'x'.repeat(512_000), 'PUT', 'text/x-any')).status).toBe(200);
    expectRefusal(await post('/picture/unread', 'x'.repeat(512_001), 'PUT', 'text/x-any'), TOO_LARGE);
    expect(received).toEqual(['unread']);
  });

  it('does not open a route, and stands beside public access, where no body is looked at', async () => {
    expect((await send(census.origin, { method: 'POST', path: '/picture/higher', body: '{}' })).status).toBe(
      401,
    );
    const headers = [['Content-Type', 'application/json']] as const;
    const wire = { method: 'POST', path: '/note/open', headers, body: bodyOf(100) } as const;
    expect((await send(census.origin, wire)).status).toBe(201);
    expect(received).toEqual([bodyOf(100)]);
  });
});

describe('The limit of a body', () => {
  const startApplication = useStart();

  it('alone says nothing about who may call: the application does not start', async () => {
    const error = await startError(() =>
      startApplication({
        adapter: () => new ExpressAdapter(),
        options: { service: SERVICE, trust: [] },
        controllers: [ForgottenController],
      }),
    );
    expect(error).toMatchObject({ code: 'policy_missing' });
  });

  it('is refused where it is no size', () => {
    expect(() => BodyLimit('10')).toThrow('@BodyLimit() must be a whole number of bytes');
  });
});
