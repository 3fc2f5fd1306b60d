import { pipeline } from 'node:stream/promises';
import { gzipSync } from 'node:zlib';
import { type FixedClock } from '../../src/clock.js';
import { hang, json, startKeyServer, status, text, type KeyServer } from '../support/key-server.js';
import { findKey, useKeyServer, type UsedKeyServer } from '../support/remote-keys.js';
import { createSigningKey } from '../support/signing-key.js';

const key = await createSigningKey('ES256', 'good');

let server: KeyServer;
let clock: FixedClock;
let warnings: string[];
let remote: UsedKeyServer['remote'];
let publish: UsedKeyServer['publish'];

useKeyServer(key.publicJwk, (used) => {
  ({ server, clock, warnings, remote, publish } = used);
});

const goodSet = { keys: [key.publicJwk] };
const tooLong = JSON.stringify({ keys: [key.publicJwk], padding: 'x'.repeat(4096) });
const FAILURES = [
  ['an error', status(503, goodSet)],
  ['404', status(404, goodSet)],
  ['429', status(429, goodSet, { 'retry-after': '1' })],
  ['204 and nothing', status(204)],
  ['203, a copy that somebody changed', status(203, goodSet)],
  ['an HTML page', text('<!doctype html><title>Sign in</title>', 'text/html')],
  ['an empty body', text('')],
  ['{}', json({})],
  ['{"keys":[]}', json({ keys: [] })],
  ['{"keys":{}}', json({ keys: {} })],
  ['[]', json([])],
  ['null', json(null)],
  ['a set without one usable key', json({ keys: [{ kty: 'oct', k: 'AAAA', kid: 'good' }] })],
  ['text that is not UTF-8', text(Buffer.from(JSON.stringify({ ...goodSet, name: '\xff' }), 'latin1'))],
  ['JSON in UTF-16', text(Buffer.from(JSON.stringify({ keys: [key.publicJwk] }), 'utf16le'))],
  ['more octets than maxBytes', text(tooLong)],
  ['few octets that inflate to many', (_request, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(tooLong));
  }],
  ['a redirect', status(302, goodSet, { location: 'https://attacker.test/jwks.json' })],
  ['half of a set', text(JSON.stringify({ keys: [key.publicJwk] }).slice(0, 60))],
  ['less than it announced', (_request, response) => {
    response.writeHead(200, { 'content-length': '5000' }).write('{"keys":[');
    setImmediate(() => response.destroy());
  }],
  ['nothing, and hangs up', (request) => request.socket.destroy()],
] satisfies readonly (readonly [string, Parameters<typeof startKeyServer>[0]])[]; // prettier-ignore

describe.each(FAILURES)('when the issuer answers with %s', (_what, failure) => {
  it('there are no keys, and the fault says that it is ours', async () => {
    server.answer(failure);
    await expect(findKey(remote({ maxBytes: 1024 }), 'good')).rejects.toMatchObject({
      code: 'keys_unavailable',
      kind: 'unavailable',
      retryAfterSeconds: 1,
    });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/^key set of https:\/\/herald\.service\/ is unavailable: /);
    expect(warnings[0]).not.toMatch(/doctype|AAAA|\n/);
  });

  it('the set that was fetched before stays in use', async () => {
    const keys = remote({ maxBytes: 1024 });
    await keys.find('good');
    server.answer(failure);
    clock.advance(601);
    await expect(findKey(keys, 'good')).resolves.toMatchObject({ keyId: 'good' });
    expect(server.requests()).toBe(2);
    expect(warnings).toHaveLength(1);
  });

  it('the next fetch after a second mends it, without a restart', async () => {
    const keys = remote({ maxBytes: 1024 });
    server.answer(failure);
    await expect(findKey(keys, 'good')).rejects.toMatchObject({ code: 'keys_unavailable' });
    publish(key.publicJwk);
    clock.advance(1);
    await expect(findKey(keys, 'good')).resolves.toMatchObject({ keyId: 'good' });
  });
});

describe('the fetch of a key set', () => {
  it('asks for JSON, without following a redirect, even to the same host', async () => {
    const { jwksUri } = server;
    let accept: string | undefined;
    server.answer((request, response) => {
      accept = request.headers.accept;
      response.writeHead(302, { location: `${jwksUri}?again` }).end();
    });
    await expect(findKey(remote(), 'good')).rejects.toMatchObject({ code: 'keys_unavailable' });
    expect(accept).toBe('application/jwk-set+json, application/json');
    expect(server.requests()).toBe(1);
  });

  it('fails when nobody listens', async () => {
    const gone = await startKeyServer(hang);
    await gone.close();
    await expect(findKey(remote({}, gone.jwksUri), 'good')).rejects.toMatchObject({
      code: 'keys_unavailable',
    });
  });

  it('fails when the name does not exist, or the port speaks no TLS', async () => {
    const plain = server.jwksUri.replace('http:', 'https:');
    for (const uri of ['https://nowhere.invalid/jwks.json', plain]) {
      await expect(findKey(remote({}, uri), 'good')).rejects.toMatchObject({ code: 'keys_unavailable' });
    }
  });

  it('ends with timeoutMs when the issuer accepts and never answers', async () => {
    server.answer(hang);
    await expect(findKey(remote({ timeoutMs: 50 }), 'good')).rejects.toMatchObject({
      code: 'keys_unavailable',
    });
  });

  it('ends with timeoutMs when the issuer sends its headers and then nothing', async () => {
    server.answer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).write('{"keys":');
    });
    await expect(findKey(remote({ timeoutMs: 50 }), 'good')).rejects.toMatchObject({
      code: 'keys_unavailable',
    });
  });

  it('is cut off at maxBytes when the issuer never stops sending', async () => {
    let hungUp: Promise<void> | undefined;
    server.answer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      hungUp = new Promise((resolve) => response.once('close', resolve));
      const drip = (): void => {
        if (!response.destroyed) response.write(' '.repeat(100), () => setImmediate(drip));
      };
      drip();
    });
    await expect(findKey(remote({ maxBytes: 2048, timeoutMs: 30_000 }), 'good')).rejects.toMatchObject({
      code: 'keys_unavailable',
    });
    await hungUp;
    expect(warnings[0]).toContain('is larger than 2048 bytes');
  });

  it('is cut off at the default maxBytes when the issuer answers with 50 MB, of which most are never sent', async () => {
    const body = Buffer.alloc(50_000_000, ' ');
    body.write(JSON.stringify(goodSet).slice(0, -1));
    body.write('}', body.byteLength - 1);
    let taken = 0;
    function* pieces(): Generator<Buffer> {
      for (; taken < body.byteLength; taken += 65_536) yield body.subarray(taken, taken + 65_536);
    }
    let sending: Promise<void> | undefined;
    server.answer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.byteLength });
      sending = pipeline(pieces(), response);
      sending.catch(() => undefined);
    });
    await expect(findKey(remote({ timeoutMs: 30_000 }), 'good')).rejects.toMatchObject({
      code: 'keys_unavailable',
    });
    await expect(sending).rejects.toHaveProperty('code');
    // What was sent beyond the limit is what the sockets hold.
    expect(taken).toBeLessThan(25_000_000);
    expect(warnings[0]).toContain('is larger than 262144 bytes');
  });

  it('ends with timeoutMs when the issuer sends a good set, one octet after the other, slowly', async () => {
    const body = JSON.stringify(goodSet);
    let sent = 0;
    let hungUp: Promise<void> | undefined;
    server.answer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const drip = setInterval(() => response.write(body[sent++ % body.length]), 10);
      hungUp = new Promise((resolve) => response.once('close', resolve)).then(() => clearInterval(drip));
    });
    await expect(findKey(remote({ timeoutMs: 300 }), 'good')).rejects.toMatchObject({
      code: 'keys_unavailable',
    });
    await hungUp;
    expect(sent).toBeLessThan(body.length);
    expect(warnings[0]).toMatch(/is unavailable: .*timeout/);
  });
});
