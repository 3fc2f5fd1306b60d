import { once } from 'node:events';
import { connect, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2';
import { Controller, Delete, Get, Post, Body } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { type AbstractHttpAdapter } from '@nestjs/core';
import { Authenticated } from '@countersign/nestjs';
import { type TestIssuer } from '@countersign/testing';
import { SERVICE, type Application } from '../support/application.js';
import { useApplication } from '../support/hooks/use-application.js';

@Controller('user')
@Authenticated()
class UserController {
  @Get()
  read() {
    return 'read';
  }

  @Delete()
  remove() {
    return 'removed';
  }

  @Post()
  add(@Body() body: unknown) {
    return body;
  }
}

describe('a bound token over HTTP/2', () => {
  let herald: TestIssuer;
  let census: Application;
  let client: ClientHttp2Session;

  const adapter = () => new FastifyAdapter({ http2: true }) as AbstractHttpAdapter;
  // Before the application is stopped, which waits for its connections.
  afterAll(() => client.destroy());
  useApplication({ adapter, controllers: [UserController] }, (started) => {
    ({ issuer: herald, census } = started);
    client = connect(census.origin);
  });

  async function send(method: string, body: string, signed = body) {
    const token = await herald.token({ audience: SERVICE, bind: { method, url: '/user', body: signed } });
    const headers = { ':method': method, ':path': '/user', authorization: `Bearer ${token}` };
    const stream =
      body === ''
        ? client.request(headers, { endStream: true })
        : client.request({ ...headers, 'content-type': 'application/json' }).end(body);
    const [answered] = (await once(stream, 'response')) as [IncomingHttpHeaders];
    const pieces: Buffer[] = [];
    for await (const piece of stream) pieces.push(piece as Buffer);
    return { status: answered[':status'], text: Buffer.concat(pieces).toString() };
  }

  it.each([
    ['GET', 'read'],
    ['DELETE', 'removed'],
  ])('opens a route for a %s that has no body', async (method, text) => {
    expect(await send(method, '')).toEqual({ status: 200, text });
  });

  it('opens a route for the body that was signed, and for no other', async () => {
    expect(await send('POST', '{"name":"A"}')).toEqual({ status: 201, text: '{"name":"A"}' });
    const refused = await send('POST', '{"name":"B"}', '{"name":"A"}');
    expect(refused.status).toBe(401);
    expect(JSON.parse(refused.text)).toMatchObject({ code: 'body_mismatch' });
  });
});
