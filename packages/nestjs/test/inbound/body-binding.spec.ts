import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { Body, Controller, Get, Post, Put, Req } from '@nestjs/common';
import { Scopes } from '@countersign/nestjs';
import { type TestIssuer } from '@countersign/testing';
import { ADAPTERS, SERVICE, type Application } from '../support/application.js';
import { useApplication } from '../support/hooks/use-application.js';
import { bearer, send, type Answer, type WireRequest } from '../support/http.js';
import { CHALLENGE, expectRefusal } from '../support/refusals.js';

const MAX_BODY_BYTES = 4096;
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

  /** Reads the body itself, as a handler of uploads does. */
  @Put('upload')
  async upload(@Req() request: AsyncIterable<Buffer> | { readonly raw: AsyncIterable<Buffer> }) {
    const chunks: Buffer[] = [];
    for await (const chunk of 'raw' in request ? request.raw : request) chunks.push(chunk);
    received.push(Buffer.concat(chunks).toString('latin1'));
    return {};
  }
}

describe.each(ADAPTERS)('the body of a request over $name', ({ name, adapter }) => {
  let herald: TestIssuer;
  let census: Application;

  useApplication(
    {
      adapter,
      options: () => ({ maxBodyBytes: MAX_BODY_BYTES }),
      controllers: [UserController],
      prepare(nest) {
        const instance: { addContentTypeParser?(type: string, parser: (...args: never[]) => void): void } =
          nest.getHttpAdapter().getInstance();
        // Fastify refuses content types that it has no parser for; this one leaves the body to the handler.
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

  interface Sent extends Partial<WireRequest> {
    /** What the token says about the body; the body itself unless it is given. */
    readonly signed?: Uint8Array | string;
    readonly claims?: Readonly<Record<string, unknown>>;
    readonly type?: string;
    readonly token?: string;
  }

  async function tokenFor({ method = 'POST', path = '/user', body, signed, claims }: Sent): Promise<string> {
    const bind = { method, url: path, body: signed ?? body ?? '' };
    return herald.token({ audience: SERVICE, bind, claims: { scope: 'user:read', ...claims } });
  }

  async function call(sent: Sent): Promise<Answer> {
    const {
      type = 'application/json',
      headers = [],
      method = 'POST',
      path = '/user',
      signed,
      claims,
      token,
      ...wire
    } = sent;
    const carried = token ?? (await tokenFor(sent));
    const hasBody = wire.body !== undefined || wire.pieces !== undefined;
    const typed: [string, string][] = hasBody ? [['Content-Type', type]] : [];
    return send(census.origin, { ...wire, method, path, headers: [bearer(carried), ...typed, ...headers] });
  }

  const json = '{"name":"A","email":"a@example.org"}';

  async function expectRefused(sent: Sent, code = 'body_mismatch', status = 401): Promise<void> {
    received.length = 0;
    const challenge = status === 401 ? CHALLENGE.token : CHALLENGE.request;
    expectRefusal(await call(sent), { status, code, challenge });
    expect(received).toEqual([]);
  }

  it('is accepted as it was signed, and reaches the handler', async () => {
    expect((await call({ body: json })).status).toBe(201);
    expect(received).toEqual([{ name: 'A', email: 'a@example.org' }]);
  });

  it('must be signed on a write', async () => {
    await expectRefused({ body: json, claims: { bdy: undefined } }, 'body_binding_missing');
    await expectRefused({ body: json, claims: { htm: undefined } }, 'body_binding_missing');
    await expectRefused({ body: json, claims: { htu: undefined } }, 'body_binding_missing');
  });

  it.each([
    ['one byte', '{"name":"B","email":"a@example.org"}'],
    ['one space', '{"name":"A", "email":"a@example.org"}'],
    ['the order of its members', '{"email":"a@example.org","name":"A"}'],
    ['everything', '[]'],
  ])('is refused when %s was changed on the way', async (_what, changed) => {
    await expectRefused({ body: changed, signed: json });
  });

  it.each([
    null,
    42,
    'short',
    createHash('sha256').update(json).digest('hex').toUpperCase(),
    'sha512:abc',
    ['x'],
  ])('is refused when its hash is %j', async (bdy) => {
    await expectRefused({ body: json, claims: { bdy } });
  });

  it('is refused when only its MD5 was signed, unless the trust record accepts that', async () => {
    await expectRefused({ body: json, claims: { bdy: createHash('md5').update(json).digest('hex') } });
  });

  it('may be empty, on a write and on a read', async () => {
    expect((await call({})).status).toBe(201);
    expect((await call({ method: 'GET' })).status).toBe(200);
  });

  it('is refused on a read when the token says that there is none', async () => {
    await expectRefused({ method: 'GET', body: '{}', signed: '' });
  });

  it('may arrive slowly and in pieces', async () => {
    const pieces = [Buffer.from(json.slice(0, 5)), Buffer.from(json.slice(5, 6)), Buffer.from(json.slice(6))];
    expect((await call({ pieces, signed: json })).status).toBe(201);
    expect(received).toEqual([{ name: 'A', email: 'a@example.org' }]);
    await expectRefused({ pieces: [...pieces, Buffer.from(' ')], signed: json });
  });

  it('is hashed as it came over the wire, before it is decompressed', async () => {
    const zipped = gzipSync(json);
    const headers = [['Content-Encoding', 'gzip']] as const;
    const upload = { method: 'PUT', path: '/user/upload', type: 'application/octet-stream', headers };
    expect((await call({ ...upload, body: zipped })).status).toBe(200);
    expect(received).toEqual([zipped.toString('latin1')]);
    await expectRefused({ ...upload, body: zipped, signed: json });
    if (name !== 'Express') return;
    expect((await call({ headers, body: zipped })).status).toBe(201);
    expect(received).toEqual([{ name: 'A', email: 'a@example.org' }]);
    await expectRefused({ headers, body: zipped, signed: json });
  });

  it('is refused with 413 above the limit, whatever was signed', async () => {
    const large = JSON.stringify({ name: 'x'.repeat(MAX_BODY_BYTES) });
    await expectRefused({ body: large }, 'body_too_large', 413);
    await expectRefused(
      { method: 'PUT', path: '/user/upload', type: 'text/csv', body: large },
      'body_too_large',
      413,
    );
  });

  it.each([
    [
      'multipart/form-data; boundary=x',
      '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n',
    ],
    ['application/octet-stream', Buffer.from([0, 255, 1, 254])],
    ['text/csv', '\uFEFFname;email'],
    ['application/x-unheard-of', Buffer.alloc(MAX_BODY_BYTES, 7)],
  ])('of type %s is left to the handler, whole', async (type, body) => {
    const upload = { method: 'PUT', path: '/user/upload', type };
    expect((await call({ ...upload, body })).status).toBe(200);
    expect(received).toEqual([Buffer.from(body).toString('latin1')]);
    await expectRefused({ ...upload, body, signed: Buffer.concat([Buffer.from(body), Buffer.from(' ')]) });
  });

  it('of type text/plain is hashed as it came', async () => {
    expect((await call({ type: 'text/plain', body: '\uFEFFplain' })).status).toBe(201);
    await expectRefused({ type: 'text/plain', body: '\uFEFFplain', signed: 'plain' });
  });

  it('is refused when a token for another body is used again', async () => {
    const token = await tokenFor({ body: json });
    expect((await call({ body: json, token })).status).toBe(201);
    await expectRefused({ body: '{}', token });
  });

  it('is accepted again with a new token', async () => {
    expect((await call({ body: json })).status).toBe(201);
    expect((await call({ body: json })).status).toBe(201);
  });

  it('leaves its token unused when the request is refused: the answer is the same the second time', async () => {
    const token = await tokenFor({ body: json, claims: { scope: '' } });
    for (const attempt of [1, 2]) {
      const answer = await call({ body: json, token });
      expect({ attempt, code: answer.json['code'] }).toEqual({ attempt, code: 'scope_missing' });
    }
    expect(received).toEqual([]);
  });

  it('lets its token through once only, also when it comes fifty times at once', async () => {
    const token = await tokenFor({ body: json });
    const answers = await Promise.all(Array.from({ length: 50 }, () => call({ body: json, token })));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(received).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 201)) {
      expectRefusal(answer, { status: 401, code: 'token_replayed', challenge: CHALLENGE.token });
    }
  });

  it.each([
    ['another method', { method: 'PUT', path: '/user/upload' }, { htm: 'POST' }],
    ['another path', {}, { htu: `${SERVICE}user/` }],
    ['another query', { path: '/user?a=1&b=2' }, { htu: `${SERVICE}user?b=2&a=1` }],
    ['another service', {}, { htu: 'https://herald.service/user' }],
    ['an escaped path', {}, { htu: `${SERVICE}%75ser` }],
  ])('is refused when it was signed for %s', async (_what, wire, claims) => {
    await expectRefused({ body: json, ...wire, claims }, 'binding_mismatch');
  });
});
