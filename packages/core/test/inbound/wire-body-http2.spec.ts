import { once } from 'node:events';
import {
  connect,
  createServer,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type Http2Server,
  type Http2ServerRequest,
} from 'node:http2';
import { type AddressInfo } from 'node:net';
import { EMPTY_BODY_HASH } from '../../src/body-hash.js';
import { tapBody, type WireBody } from '../../src/inbound/wire-body.js';
import { sha256 } from '../support/forge.js';
import { codeOf } from '../support/scene.js';
import { readAll } from '../support/tap-server.js';

const MAX = 1_048_576;

interface Arrival {
  readonly request: Http2ServerRequest;
  readonly body: WireBody;
}

describe('the body of a request over HTTP/2', () => {
  let server: Http2Server;
  let client: ClientHttp2Session;

  beforeEach(async () => {
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    client = connect(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}`);
  });

  afterEach(async () => {
    client.destroy();
    server.close();
    await once(server, 'close');
  });

  /** Sends a request, and taps it where it arrives; nobody reads it unless the test does. */
  async function send(
    method: string,
    sendBody: (stream: ClientHttp2Stream) => void = (stream) => stream.end(),
  ): Promise<Arrival & { readonly stream: ClientHttp2Stream }> {
    const arrival = new Promise<Arrival>((resolve) => {
      server.once('request', (request: Http2ServerRequest) =>
        resolve({ request, body: tapBody(request, { maxBodyBytes: MAX, hashMd5: false }) }),
      );
    });
    const stream = client.request({ ':method': method, ':path': '/user/' });
    stream.on('error', () => undefined);
    sendBody(stream);
    return { stream, ...(await arrival) };
  }

  it.each(['GET', 'HEAD', 'DELETE', 'POST'])(
    'is the empty one where a %s has none, though nobody reads it',
    async (method) => {
      const { body } = await send(method);
      expect(await body.hashes()).toEqual({ sha256: EMPTY_BODY_HASH, md5: undefined });
    },
  );

  it('is known although nobody reads it, up to the limit, and is still there for whoever does', async () => {
    const sent = Buffer.alloc(MAX, 'xyz');
    const { request, body } = await send('POST', (stream) => stream.end(sent));
    expect(await body.hashes()).toMatchObject({ sha256: sha256(sent) });
    expect((await readAll(request)).equals(sent)).toBe(true);
  });

  it('is known to everybody who asks, before and after it is read', async () => {
    const { request, body } = await send('POST', (stream) => stream.end('abc'));
    const early = [body.hashes(), body.hashes()];
    await readAll(request);
    const all = await Promise.all([...early, body.hashes()]);
    expect(all.map((hashes) => hashes.sha256)).toEqual([sha256('abc'), sha256('abc'), sha256('abc')]);
  });

  it('is known also to whoever asks only after it was read', async () => {
    const { request, body } = await send('POST', (stream) => stream.end('abc'));
    expect((await readAll(request)).toString()).toBe('abc');
    expect(await body.hashes()).toMatchObject({ sha256: sha256('abc') });
  });

  it('is refused above the limit, and the stream goes on', async () => {
    const sent = Buffer.alloc(2 * MAX, 'y');
    const { request, body } = await send('POST', (stream) => stream.end(sent));
    expect(await codeOf(body.hashes())).toBe('body_too_large');
    expect((await readAll(request)).equals(sent)).toBe(true);
  });

  it('that breaks off is the request’s fault, whether the stream ends or the connection', async () => {
    for (const breakOff of ['stream', 'connection']) {
      const { request, stream, body } = await send('POST', (sent) => void sent.write('abc'));
      const hashes = codeOf(body.hashes());
      await once(request, 'readable');
      if (breakOff === 'stream') stream.destroy();
      else client.destroy();
      expect(await hashes).toBe('request_malformed');
      expect(await codeOf(body.hashes())).toBe('request_malformed');
    }
  });
});
