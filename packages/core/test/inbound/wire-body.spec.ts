import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { gunzipSync, gzipSync } from 'node:zlib';
import { createHash } from 'node:crypto';
import { EMPTY_BODY_HASH } from '../../src/body-hash.js';
import { emptyBody } from '../../src/inbound/wire-body.js';
import { sha256 } from '../support/forge.js';
import { codeOf } from '../support/scene.js';
import { codeOfLateTap, readAll, startTapServer, type TapServer } from '../support/tap-server.js';

const MAX = 1_048_576;

describe('the body of a request on the wire', () => {
  let server: TapServer;
  let socket: Socket;

  beforeEach(async () => {
    server = await startTapServer();
    socket = connect(server.port, '127.0.0.1');
    await once(socket, 'connect');
  });

  afterEach(async () => {
    socket.destroy();
    await server.close();
  });

  function head(method: string, ...fields: readonly string[]): string {
    return [`${method} /user/ HTTP/1.1`, 'Host: census.service', ...fields, '', ''].join('\r\n');
  }

  function send(body: Uint8Array | string, ...fields: readonly string[]): void {
    socket.write(head('POST', `Content-Length: ${String(Buffer.byteLength(body))}`, ...fields));
    socket.write(body);
  }

  it.each([
    ['text', 'Hello, Zürich'],
    ['JSON', '{"b":1, "a":2}'],
    ['a byte order mark', '\ufeff{"a":1}'],
    ['binary', Buffer.from([0, 255, 254, 0, 10, 13])],
    ['a multipart form', '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n'],
  ])('is hashed as it stands: %s', async (_what, body) => {
    send(body, 'Content-Type: application/octet-stream');
    const arrival = await server.next();
    expect(await arrival.body.hashes()).toEqual({ sha256: sha256(body), md5: undefined });
  });

  it.each(['GET', 'POST', 'HEAD'])('is the empty one where a %s has none', async (method) => {
    socket.write(head(method));
    expect(await (await server.next()).body.hashes()).toEqual({ sha256: EMPTY_BODY_HASH, md5: undefined });
  });

  it('is seen on a GET too', async () => {
    socket.write(head('GET', 'Content-Length: 3'));
    socket.write('abc');
    expect(await (await server.next()).body.hashes()).toMatchObject({ sha256: sha256('abc') });
  });

  it('counts the same in chunks as in one piece', async () => {
    socket.write(head('POST', 'Transfer-Encoding: chunked'));
    socket.write('3\r\nabc\r\n');
    socket.write('4;name=value\r\ndefg\r\n0\r\nTrailer: x\r\n\r\n');
    expect(await (await server.next()).body.hashes()).toMatchObject({ sha256: sha256('abcdefg') });
  });

  it('counts the same when it comes slowly, octet by octet', async () => {
    const body = 'abcdefghij';
    socket.write(head('POST', `Content-Length: ${String(body.length)}`));
    const { request, body: wire } = await server.next();
    let isKnown = false;
    const hashes = wire.hashes().finally(() => (isKnown = true));
    for (const octet of body) {
      expect(isKnown).toBe(false);
      socket.write(octet);
      await once(request, 'readable');
    }
    expect(await hashes).toMatchObject({ sha256: sha256(body) });
  });

  it('is the compressed octets where the body is compressed', async () => {
    const inflated = '{"a":1}'.repeat(100);
    const body = gzipSync(inflated);
    send(body, 'Content-Encoding: gzip');
    const arrival = await server.next();
    expect(await arrival.body.hashes()).toMatchObject({ sha256: sha256(body) });
    expect(gunzipSync(await readAll(arrival.request)).toString()).toBe(inflated);
  });

  it('is known although nobody reads it, up to the limit', async () => {
    const body = Buffer.alloc(MAX, 'x');
    send(body);
    const { request, body: wire } = await server.next();
    expect(request.readableHighWaterMark).toBeLessThan(MAX / 4);
    expect(await wire.hashes()).toMatchObject({ sha256: sha256(body) });
  });

  it('is still there for whoever reads it afterwards, in full', async () => {
    const body = Buffer.alloc(300_000, 'xyz');
    send(body);
    const arrival = await server.next();
    await arrival.body.hashes();
    expect((await readAll(arrival.request)).equals(body)).toBe(true);
  });

  it('is known also to whoever asks after it was read', async () => {
    send('abc');
    const arrival = await server.next();
    await readAll(arrival.request);
    expect(await arrival.body.hashes()).toMatchObject({ sha256: sha256('abc') });
  });

  it('is told to everybody who asks, however often and at whatever time', async () => {
    socket.write(head('POST', 'Content-Length: 3'));
    const { body } = await server.next();
    const early = [body.hashes(), body.hashes()];
    socket.write('abc');
    const all = await Promise.all([...early, body.hashes()]);
    expect(all.map((hashes) => hashes.sha256)).toEqual([sha256('abc'), sha256('abc'), sha256('abc')]);
  });

  it('is refused above the limit, and the stream goes on', async () => {
    const body = Buffer.alloc(3 * MAX, 'y');
    send(body);
    const arrival = await server.next();
    expect(await codeOf(arrival.body.hashes())).toBe('body_too_large');
    expect((await readAll(arrival.request)).equals(body)).toBe(true);
  });

  it('is refused one octet above the limit and accepted at it', async () => {
    for (const [length, result] of [
      [MAX, sha256(Buffer.alloc(MAX))],
      [MAX + 1, 'body_too_large'],
    ] as const) {
      send(Buffer.alloc(length));
      const { body, request, response } = await server.next();
      const hashes = body.hashes();
      if (length > MAX) expect(await codeOf(hashes)).toBe(result);
      else expect((await hashes).sha256).toBe(result);
      await readAll(request);
      response.end();
      await once(socket, 'data');
    }
  });

  it('holds the sender back above the limit while nobody reads', async () => {
    const isTaken = socket.write(head('POST', `Content-Length: ${String(64 * MAX)}`) + 'z'.repeat(32 * MAX));
    const arrival = await server.next();
    expect(await codeOf(arrival.body.hashes())).toBe('body_too_large');
    expect(isTaken).toBe(false);
    // The server has stopped to read: what it holds is the limit, and what was on its way.
    await new Promise((resolve) => setImmediate(resolve));
    expect(arrival.request.readableLength).toBeLessThan(2 * MAX);
    expect(arrival.request.complete).toBe(false);
  });

  it('that breaks off is the request’s fault', async () => {
    socket.write(head('POST', 'Content-Length: 10'));
    socket.write('abc');
    const { body, request } = await server.next();
    request.on('error', () => undefined);
    const hashes = codeOf(body.hashes());
    socket.destroy();
    expect(await hashes).toBe('request_malformed');
    expect(await codeOf(body.hashes())).toBe('request_malformed');
  });

  it('that breaks off before anybody asks, or while nobody does, troubles nobody', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', note);
    try {
      socket.write(head('POST', 'Content-Length: 10'));
      const { request, body } = await server.next();
      request.on('error', () => undefined);
      socket.destroy();
      await new Promise((resolve) => request.once('close', resolve));
      // Node looks for rejections that nobody handles when the microtasks are done.
      await new Promise((resolve) => setImmediate(resolve));
      expect(unhandled).toEqual([]);
      expect(await codeOf(body.hashes())).toBe('request_malformed');
    } finally {
      process.off('unhandledRejection', note);
    }
  });

  it('whose length is wrong in the headers is refused by Node itself', async () => {
    socket.write(`${head('POST', 'Content-Length: 3')}abcdef`);
    await server.next();
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('is that of its own request on a connection that is used again', async () => {
    for (const text of ['first', 'second', '', 'fourth']) {
      send(text);
      const { body, response, request } = await server.next();
      expect(await body.hashes()).toMatchObject({ sha256: sha256(text) });
      expect((await readAll(request)).toString()).toBe(text);
      response.end();
      await once(socket, 'data');
    }
  });

  it('is that of its own request when several are sent at once', async () => {
    send('first');
    send('second');
    const [first, second] = [await server.next(), await server.next()];
    expect(await second.body.hashes()).toMatchObject({ sha256: sha256('second') });
    expect(await first.body.hashes()).toMatchObject({ sha256: sha256('first') });
  });
});

describe('a tap on the body', () => {
  it('hashes a second time with MD5 only where that is asked for', async () => {
    const server = await startTapServer(MAX, true);
    try {
      const sent = httpRequest({ port: server.port, method: 'POST' });
      sent.on('error', () => undefined).end('abc');
      const { body } = await server.next();
      expect(await body.hashes()).toEqual({
        sha256: sha256('abc'),
        md5: createHash('md5').update('abc').digest('hex'),
      });
    } finally {
      await server.close();
    }
  });

  const readers: readonly [string, (request: IncomingMessage) => Promise<unknown>][] = [
    ['read the body', readAll],
    ['read a part of it', async (request) => once(request, 'data')],
    ['let it pass by', async (request) => once(request.resume(), 'end')],
    ['waited until some of it was there', async (request) => once(request, 'readable')],
  ];

  it.each(readers)('comes too late when somebody %s before', async (_what, reader) => {
    expect(await codeOfLateTap('POST', 'abc', reader)).toBe('raw_body_unavailable');
  });

  it.each(['GET', 'POST'])(
    'comes too late when a %s without a body has been received in full',
    async (method) => {
      const later = () => new Promise<void>((resolve) => setImmediate(resolve));
      expect(await codeOfLateTap(method, '', later)).toBe('raw_body_unavailable');
    },
  );

  it('comes too late when the client has gone away', async () => {
    const goAway = (request: IncomingMessage) => {
      request.on('error', () => undefined);
      return new Promise((resolve) => request.once('close', resolve).socket.destroy());
    };
    expect(await codeOfLateTap('POST', '', goAway, 10)).toBe('raw_body_unavailable');
  });

  it('hashes what was sent, whatever its reader does to the octets', async () => {
    const server = await startTapServer();
    try {
      const sent = httpRequest({ port: server.port, method: 'POST' });
      sent.on('error', () => undefined).flushHeaders();
      const { request, body } = await server.next();
      request.on('data', (chunk: Buffer) => chunk.fill(0));
      sent.end('abc');
      expect(await body.hashes()).toMatchObject({ sha256: sha256('abc') });
    } finally {
      await server.close();
    }
  });

  it('of a request without a body is the hash of nothing', async () => {
    expect(await emptyBody({ hashMd5: true }).hashes()).toEqual({
      sha256: '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU',
      md5: 'd41d8cd98f00b204e9800998ecf8427e',
    });
  });
});
