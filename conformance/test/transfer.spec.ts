import { gzipSync } from 'node:zlib';
import { MEDIA_TYPES } from './adapters/adapter.js';
import { ADAPTERS, badRequest, refused, Scene, TOKEN_MISSING } from './support/scene.js';
import { sendRaw } from './support/client.js';

const MIB = 1_048_576;
const JSON_TEXT = '{"a": 1}';
const GZIPPED = gzipSync(JSON_TEXT);

describe.each(ADAPTERS)('$name: a body on its way', (adapter) => {
  const scene = Scene.use(adapter);
  const write = { path: '/write', method: 'POST' } as const;

  describe.each(MEDIA_TYPES)('as %s', (type) => {
    const isUnknown = adapter.unknownTypes?.includes(type) === true;
    const isParsed = adapter.parses?.includes(type) === true;
    const plain = [['Content-Type', type]] as const;
    const compressed = [...plain, ['Content-Encoding', 'gzip']] as const;

    it('is hashed as it is sent', async () => {
      const asked = { ...write, headers: plain, body: JSON_TEXT, token: await scene.write(JSON_TEXT) };
      if (isUnknown) {
        expect(await scene.ask(asked)).toMatchObject({ status: 415 });
        expect(scene.ran).toEqual([]);
        return;
      }
      await scene.accepts(asked);
      const token = await scene.write(JSON_TEXT);
      await scene.refuses({ ...asked, token, body: '{"a":1}' }, refused('body_mismatch'));
    });

    it('is hashed before it is decompressed', async () => {
      const asked = { ...write, headers: compressed, body: GZIPPED };
      const answer = await scene.ask({ ...asked, token: await scene.write(JSON_TEXT) });
      expect(scene.ran).toEqual([]);
      // JSON that is compressed is no JSON to a parser that runs before the guard and does not decompress it.
      const isNoJson = type === 'application/json' && adapter.inflates !== true && isParsed;
      if (isUnknown) expect([401, 415]).toContain(answer.status);
      else if (isNoJson && adapter.parsesFirst === true) expect(answer.status).toBe(400);
      else expect(answer).toMatchObject({ status: 401, json: { code: 'body_mismatch' } });
      const good = { ...asked, token: await scene.write(GZIPPED) };
      if (!isUnknown && !isNoJson) await scene.accepts(good);
    });
  });

  it('is waited for to its end', async () => {
    const pieces = ['bo', 'dy'].map((piece) => Buffer.from(piece));
    const seen: string[][] = [];
    await scene.accepts({
      ...write,
      pieces,
      token: await scene.write(),
      beforeLast: async () => {
        await scene.ask({ path: '/open' });
        seen.push([...scene.ran]);
        scene.ran.length = 0;
      },
    });
    expect(seen).toEqual([['/open']]);
  });

  it('is refused in pieces when one differs', async () => {
    const pieces = ['bo', 'd', 'Y'].map((piece) => Buffer.from(piece));
    await scene.refuses({ ...write, token: await scene.write(), pieces }, refused('body_mismatch'));
  });

  it('is refused in pieces above the limit', async () => {
    const body = Buffer.alloc(MIB + 1, 'x');
    const asked = {
      ...write,
      token: await scene.write(body),
      pieces: [body.subarray(0, MIB), body.subarray(MIB)],
    };
    if (adapter.ownBodyLimit === true) expect(await scene.ask(asked)).toMatchObject({ status: 413 });
    else await scene.refuses(asked, badRequest('body_too_large', 413));
    expect(scene.ran).toEqual([]);
  });

  it('is sent after the service says that it goes on', async () => {
    const headers = [['Expect', '100-continue']] as const;
    await scene.accepts({ ...write, headers, token: await scene.write(), body: 'body' });
    await scene.refuses({ ...write, headers, body: 'body' }, TOKEN_MISSING);
  });

  it('of another length than announced reaches no handler', async () => {
    const token = await scene.write();
    if (adapter.isHttp2 === true) {
      const headers = [['Content-Length', '10']] as const;
      await expect(scene.ask({ ...write, token, headers, body: 'body' })).rejects.toThrow('PROTOCOL_ERROR');
    } else {
      const head = (length: number) =>
        `POST /write HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\nContent-Type: text/plain\r\n` +
        `Content-Length: ${String(length)}\r\n\r\n`;
      expect(await sendRaw(scene.origin, `${head(10)}body`)).not.toMatch(/^HTTP\/1.1 2/);
      expect(await sendRaw(scene.origin, `${head(2)}body`)).toMatch(/^HTTP\/1.1 40[01]/);
    }
    expect(scene.ran).toEqual([]);
    await scene.accepts({ ...write, token, body: 'body' });
  });
});
