import { Body, Controller, Get, Post } from '@nestjs/common';
import { Scopes } from '@countersign/nestjs';
import { type TestIssuer } from '@countersign/testing';
import express, { type RequestHandler } from 'express';
import { censusOptions, SERVICE, startError } from '../support/application.js';
import { HERALD, useIssuer } from '../support/hooks/use-issuer.js';
import { useStart } from '../support/hooks/use-start.js';
import { bearer, send, type Answer } from '../support/http.js';
import { startMounted, type MountedApplication } from '../support/mounted-application.js';
import { CHALLENGE, expectRefusal } from '../support/refusals.js';
import { ExpressAdapter } from '@nestjs/platform-express';

const received: unknown[] = [];

@Controller('user')
@Scopes('user:read')
class UserController {
  @Get()
  list() {
    received.push('list');
    return [];
  }

  @Post()
  create(@Body() body: unknown) {
    received.push(body);
    return {};
  }
}

/** As the framework of Google Cloud Functions does before it runs a function. */
const googleParser = express.json({
  verify(request, _response, octets) {
    Object.assign(request, { rawBody: octets });
  },
});

describe('A body that a platform has read and left in a property', () => {
  let herald: TestIssuer;
  let census: MountedApplication | undefined;
  useIssuer(HERALD, (issuer) => void (herald = issuer));
  beforeEach(() => void (received.length = 0));
  afterEach(async () => {
    await census?.close();
    census = undefined;
  });

  async function start(rawBodyProperty: string | undefined, before: RequestHandler): Promise<void> {
    const options = {
      ...censusOptions(herald, herald.keyStore),
      ...(rawBodyProperty !== undefined && { rawBodyProperty }),
    };
    census = await startMounted({ options, controllers: [UserController] }, before);
  }

  async function post(body: string, signed = body): Promise<Answer> {
    const bind = { method: 'POST', url: '/user', body: signed };
    const token = await herald.token({ audience: SERVICE, bind, claims: { scope: 'user:read' } });
    const headers = [bearer(token), ['Content-Type', 'application/json']] as const;
    return send(census?.outerOrigin ?? '', { method: 'POST', path: '/user', headers, body });
  }

  it('is the body that was signed, and the handler gets what the platform made of it', async () => {
    await start('rawBody', googleParser);
    expect((await post('{ "name" : "Zürich" }')).status).toBe(201);
    expect(received).toEqual([{ name: 'Zürich' }]);
  });

  it('is not asked for by a read', async () => {
    await start('rawBody', googleParser);
    const token = await herald.token({ audience: SERVICE, claims: { scope: 'user:read' } });
    expect((await send(census?.outerOrigin ?? '', { path: '/user', headers: [bearer(token)] })).status).toBe(
      200,
    );
    expect(received).toEqual(['list']);
  });

  it('is refused where another one was signed', async () => {
    await start('rawBody', googleParser);
    expectRefusal(await post('{"name":"A"}', '{"name":"B"}'), {
      status: 401,
      code: 'body_mismatch',
      challenge: CHALLENGE.token,
    });
    expect(received).toEqual([]);
  });

  it.each([
    ['no property is named', undefined, googleParser],
    ['the property holds what a parser made of it', 'body', googleParser],
    ['the platform did not fill the property', 'rawBody', express.json()],
  ])('is not trusted where %s', async (_what, property, before) => {
    await start(property, before);
    expectRefusal(await post('{"name":"A"}'), {
      status: 500,
      code: 'raw_body_unavailable',
      challenge: undefined,
    });
    expect(received).toEqual([]);
  });
});

describe('The name of the property', () => {
  const startApplication = useStart();

  it('is a text, or the application does not start', async () => {
    const options = { service: SERVICE, trust: [], rawBodyProperty: true as unknown as string };
    const error = await startError(() => startApplication({ adapter: () => new ExpressAdapter(), options }));
    expect(error.message).toBe('rawBodyProperty must be a non-empty string');
  });
});
