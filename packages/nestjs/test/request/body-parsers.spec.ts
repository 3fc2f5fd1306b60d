import { Body, Controller, Post, UploadedFile, UseInterceptors } from '@nestjs/common';
import { ExpressAdapter, FileInterceptor, type NestExpressApplication } from '@nestjs/platform-express';
import { RequestScope, Scopes } from '@countersign/nestjs';
import { type TestIssuer } from '@countersign/testing';
import express from 'express';
import { censusOptions, SERVICE, startError } from '../support/application.js';
import { HERALD, useIssuer } from '../support/hooks/use-issuer.js';
import { useStart } from '../support/hooks/use-start.js';
import { bearer, send } from '../support/http.js';
import { startMounted } from '../support/mounted-application.js';
import { expectRefusal } from '../support/refusals.js';

const received: unknown[] = [];

@Controller('user')
@Scopes('user:read')
class UserController {
  constructor(private readonly scope: RequestScope) {}

  @Post('picture')
  @UseInterceptors(FileInterceptor('picture'))
  picture(@UploadedFile() file: { readonly buffer: Buffer }) {
    received.push(file.buffer.toString());
    return { caller: this.scope.principal?.caller.name };
  }

  @Post()
  create(@Body() body: unknown) {
    received.push(body);
    return {};
  }
}

describe('a body parser that runs before Countersign', () => {
  let herald: TestIssuer;
  const startApplication = useStart();
  useIssuer(HERALD, (issuer) => void (herald = issuer));

  it('keeps the application from starting, and the message says what to do', async () => {
    const server = express();
    server.use(express.json());
    const error = await startError(() =>
      startApplication({
        adapter: () => new ExpressAdapter(server),
        options: censusOptions(herald, herald.keyStore),
        controllers: [UserController],
      }),
    );
    expect(error).toMatchObject({ code: 'raw_body_unavailable' });
    expect(error.message).toContain('app.useBodyParser()');
  });

  it('is answered with 500 when it is known at run time only', async () => {
    const census = await startMounted(
      { options: censusOptions(herald, herald.keyStore), controllers: [UserController] },
      express.json(),
    );
    try {
      const body = '{"name":"A"}';
      const bind = { method: 'POST', url: '/user', body };
      const token = await herald.token({ audience: SERVICE, bind, claims: { scope: 'user:read' } });
      const wire = {
        method: 'POST',
        path: '/user',
        headers: [bearer(token), ['Content-Type', 'application/json']],
        body,
      } as const;
      received.length = 0;
      const answer = await send(census.outerOrigin, wire);
      expectRefusal(answer, { status: 500, code: 'raw_body_unavailable', challenge: undefined });
      expect(received).toEqual([]);
      expect((await send(census.origin, wire)).status).toBe(201);
    } finally {
      await census.close();
    }
  });

  it('may be one that Nest registers', async () => {
    const census = await startApplication({
      adapter: () => new ExpressAdapter(),
      options: censusOptions(herald, herald.keyStore),
      controllers: [UserController],
      prepare: (nest) => void (nest as NestExpressApplication).useBodyParser('json', { limit: '2mb' }),
    });
    const body = '{"name":"A"}';
    const bind = { method: 'POST', url: '/user', body };
    const token = await herald.token({ audience: SERVICE, bind, claims: { scope: 'user:read' } });
    const headers = [bearer(token), ['Content-Type', 'application/json']] as const;
    expect((await send(census.origin, { method: 'POST', path: '/user', headers, body })).status).toBe(201);
  });

  it('may be one that runs after the guards, such as an upload', async () => {
    const census = await startApplication({
      adapter: () => new ExpressAdapter(),
      options: censusOptions(herald, herald.keyStore),
      controllers: [UserController],
    });
    const form = new FormData();
    form.set('picture', new Blob(['x'.repeat(200_000)]), 'picture.png');
    const encoded = new Response(form);
    const body = Buffer.from(await encoded.arrayBuffer());
    const bind = { method: 'POST', url: '/user/picture', body };
    const token = await herald.token({ audience: SERVICE, bind, claims: { scope: 'user:read' } });
    const headers = [bearer(token), ['Content-Type', encoded.headers.get('content-type') ?? '']] as const;
    received.length = 0;
    const answer = await send(census.origin, { method: 'POST', path: '/user/picture', headers, body });
    expect(answer.json).toEqual({ caller: 'herald' });
    expect(received).toEqual(['x'.repeat(200_000)]);
  });
});
