import { Readable } from 'node:stream';
import { type DestinationRecord } from '@countersign/core';
import { bodyHash } from '@countersign/core/adapter';
import { type Application } from '../support/application.js';
import { CLIENTS, type Call } from '../support/clients.js';
import { claimsOf, type CalledService } from '../support/called-service.js';
import { endless } from '../support/endless.js';
import { heraldAt, useCaller, type CallerOptions } from '../support/hooks/use-caller.js';

const MAX_BYTES = 100_000;

function webStream(...chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
}

const KINDS: readonly (readonly [string, (bytes: Buffer) => unknown])[] = [
  ['a Node stream of bytes', (bytes) => Readable.from([bytes.subarray(0, 3), bytes.subarray(3)])],
  ['a Node stream of text', (bytes) => Readable.from([bytes.toString('latin1')])],
  [
    'a web stream',
    (bytes) => webStream(new Uint8Array(bytes.subarray(0, 1)), new Uint8Array(bytes.subarray(1))),
  ],
];

describe.each(CLIENTS)('a streamed body by $name', (client) => {
  let called: CalledService;
  let census: Application;

  const options: CallerOptions = ({ called: { origin } }) => {
    const herald = heraldAt(origin);
    const destinations: DestinationRecord[] = [
      herald,
      { ...herald, name: 'unbound', url: `${origin}/unbound/`, bodyBinding: 'off' },
      { ...herald, name: 'open', url: `${origin}/open/`, authorize: 'none' },
    ];
    return { destinations, maxBufferedBodyBytes: MAX_BYTES };
  };
  useCaller({ options }, (started) => {
    ({ called, census } = started);
  });

  const send = (path: string, call: Omit<Call, 'url'>) =>
    client.send(census.nest, { url: new URL(path, called.origin).href, method: 'POST', ...call });

  it.each(KINDS)('that is %s is read and signed before it is sent', async (_kind, streamOf) => {
    const bytes = Buffer.from('streamed');
    expect((await send('/user/', { body: streamOf(bytes) })).status).toBe(200);
    const [sent] = called.received;
    expect(sent!.body).toEqual(bytes);
    expect(claimsOf(sent!)).toMatchObject({ bdy: bodyHash(bytes) });
  });

  it('is read up to the limit, and not sent above it', async () => {
    const most = Buffer.alloc(MAX_BYTES, 1);
    expect((await send('/user/', { body: Readable.from([most]) })).status).toBe(200);
    const longer = Readable.from([most, Buffer.alloc(1)]);
    await expect(send('/user/', { body: longer })).rejects.toMatchObject({
      code: 'body_not_bindable',
      message: expect.stringContaining(`more than ${String(MAX_BYTES)} bytes`) as string,
    });
    expect(called.received).toHaveLength(1);
  });

  it('that never ends is left alone at the limit', async () => {
    const { stream, taken } = endless();
    await expect(send('/user/', { body: stream })).rejects.toMatchObject({ code: 'body_not_bindable' });
    expect(stream.destroyed).toBe(true);
    expect(taken()).toBeLessThan(MAX_BYTES * 2);
  });

  it('of objects is not sent', async () => {
    await expect(send('/user/', { body: Readable.from([{ a: 1 }]) })).rejects.toMatchObject({
      code: 'body_not_bindable',
    });
    expect(called.received).toEqual([]);
  });

  it('that fails is not sent', async () => {
    const failing = new Readable({ read: () => void failing.destroy(new Error('disk')) });
    await expect(send('/user/', { body: failing })).rejects.toThrow('disk');
    expect(called.received).toEqual([]);
  });

  it('is let go when the call is aborted while it is read', async () => {
    const controller = new AbortController();
    const waiting = new Readable({ read: () => controller.abort() });
    await expect(send('/user/', { body: waiting, signal: controller.signal })).rejects.toThrow(
      /abort|cancel/i,
    );
    expect(waiting.destroyed).toBe(true);
    expect(called.received).toEqual([]);
  });

  describe.each(['/unbound/', '/open/'])('to %s, where it is not signed', (path) => {
    it.each(KINDS)('that is %s is passed through, however long it is', async (_kind, streamOf) => {
      const bytes = Buffer.alloc(MAX_BYTES * 3, 'x');
      expect((await send(path, { body: streamOf(bytes) })).status).toBe(200);
      const [sent] = called.received;
      expect(sent!.body.equals(bytes)).toBe(true);
      expect(sent!.headers['transfer-encoding']).toBe('chunked');
    });
  });
});
