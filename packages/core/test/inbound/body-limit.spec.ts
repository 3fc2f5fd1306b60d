import { once } from 'node:events';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { tapBody, type WireBody } from '../../src/inbound/wire-body.js';
import { sha256 } from '../support/forge.js';
import { codeOf } from '../support/scene.js';
import { readAll, startTapServer, type Arrival, type TapServer } from '../support/tap-server.js';

/** The limit of the application. */
const LIMIT = 200_000;
const RAISED = 20 * LIMIT;

describe('the limit of one body', () => {
  let server: TapServer;
  let socket: Socket;

  beforeEach(async () => {
    server = await startTapServer(LIMIT);
    socket = connect(server.port, '127.0.0.1');
    await once(socket, 'connect');
  });

  afterEach(async () => {
    socket.destroy();
    await server.close();
  });

  function send(body: Uint8Array): Promise<Arrival> {
    socket.write(
      `POST /user/ HTTP/1.1\r\nHost: census.service\r\nContent-Length: ${String(body.length)}\r\n\r\n`,
    );
    socket.write(body);
    return server.next();
  }

  /** Resolves once the server reads no more: what it holds does not grow. */
  async function whenHeldBack({ request }: Arrival): Promise<void> {
    for (let before = -1; before !== request.readableLength || before === 0;) {
      before = request.readableLength;
      for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  it('may be raised: the body is known although nobody reads it, and is there for its reader', async () => {
    const body = Buffer.alloc(RAISED, 'xyz');
    const { body: wire, request } = await send(body);
    wire.limitTo(RAISED);
    expect(await wire.hashes()).toMatchObject({ sha256: sha256(body) });
    expect((await readAll(request)).equals(body)).toBe(true);
  });

  it('may be raised after the sender was held back', async () => {
    const body = Buffer.alloc(RAISED, 'abc');
    const arrival = await send(body);
    await whenHeldBack(arrival);
    expect(arrival.request.readableLength).toBeLessThan(2 * LIMIT);
    arrival.body.limitTo(RAISED);
    expect(await arrival.body.hashes()).toMatchObject({ sha256: sha256(body) });
  });

  it('grants no more memory than that of the application before the hashes are asked for', async () => {
    const arrival = await send(Buffer.alloc(RAISED));
    arrival.body.limitTo(RAISED);
    await whenHeldBack(arrival);
    expect(arrival.request.readableLength).toBeLessThan(2 * LIMIT);
    expect(arrival.request.complete).toBe(false);
  });

  it.each([
    ['at it', RAISED, sha256(Buffer.alloc(RAISED))],
    ['one octet above it', RAISED + 1, 'body_too_large'],
  ])('holds where it was raised, for a body %s', async (_what, length, result) => {
    const arrival = await send(Buffer.alloc(length));
    await whenHeldBack(arrival);
    arrival.body.limitTo(RAISED);
    if (length > RAISED) expect(await codeOf(arrival.body.hashes())).toBe(result);
    else expect((await arrival.body.hashes()).sha256).toBe(result);
  });

  it.each([
    ['at it', 100, sha256(Buffer.alloc(100))],
    ['one octet above it', 101, 'body_too_large'],
  ])('may be lowered, for a body %s', async (_what, length, result) => {
    for (const isArrived of [false, true]) {
      const { request, response, body } = await send(Buffer.alloc(length));
      if (isArrived) await readAll(request);
      body.limitTo(100);
      if (length > 100) expect(await codeOf(body.hashes())).toBe(result);
      else expect((await body.hashes()).sha256).toBe(result);
      response.end();
      await once(socket, 'data');
    }
  });

  it('is judged when the hashes are asked for, after a parser has read a body of any size', async () => {
    const body = Buffer.alloc(RAISED, 'read');
    const { request, body: wire } = await send(body);
    expect((await readAll(request)).equals(body)).toBe(true);
    expect(await codeOf(wire.hashes())).toBe('body_too_large');
    wire.limitTo(RAISED - 1);
    expect(await codeOf(wire.hashes())).toBe('body_too_large');
    wire.limitTo(RAISED);
    expect(await wire.hashes()).toMatchObject({ sha256: sha256(body) });
  });

  it('holds where it was raised and the body is in chunks, whose length nobody knows', async () => {
    const chunk = `${LIMIT.toString(16)}\r\n${'c'.repeat(LIMIT)}\r\n`;
    socket.write('POST /user/ HTTP/1.1\r\nHost: census.service\r\nTransfer-Encoding: chunked\r\n\r\n');
    socket.write(`${chunk.repeat(5)}0\r\n\r\n`);
    const arrival = await server.next();
    await whenHeldBack(arrival);
    arrival.body.limitTo(4 * LIMIT);
    expect(await codeOf(arrival.body.hashes())).toBe('body_too_large');
  });

  it('leaves the connection usable when a raised one is exceeded and nobody reads', async () => {
    const arrival = await send(Buffer.alloc(2 * RAISED));
    await whenHeldBack(arrival);
    arrival.body.limitTo(RAISED);
    expect(await codeOf(arrival.body.hashes())).toBe('body_too_large');
    arrival.response.end();
    await once(socket, 'data');
    const next = await send(Buffer.from('next'));
    expect(await next.body.hashes()).toMatchObject({ sha256: sha256('next') });
  });

  it('makes no difference to a sender that goes away while it is held back', async () => {
    const arrival = await send(Buffer.alloc(RAISED));
    arrival.request.on('error', () => undefined);
    await whenHeldBack(arrival);
    arrival.body.limitTo(RAISED);
    const hashes = codeOf(arrival.body.hashes());
    socket.destroy();
    expect(await hashes).toBe('request_malformed');
  });
});

describe('the limit of one body over HTTP/2', () => {
  it.each([
    [RAISED, sha256(Buffer.alloc(RAISED))],
    [RAISED + 1, 'body_too_large'],
  ])('may be raised: %d octets', async (length, result) => {
    const server = createHttp2Server().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = connectHttp2(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}`);
    try {
      const tapped = new Promise<WireBody>((resolve) => {
        server.once('request', (request) =>
          resolve(tapBody(request, { maxBodyBytes: LIMIT, hashMd5: false })),
        );
      });
      const stream = client.request({ ':method': 'POST', ':path': '/user/' });
      stream.on('error', () => undefined).end(Buffer.alloc(length));
      const body = await tapped;
      body.limitTo(RAISED);
      if (length > RAISED) expect(await codeOf(body.hashes())).toBe(result);
      else expect((await body.hashes()).sha256).toBe(result);
    } finally {
      client.destroy();
      server.close();
    }
  });
});
