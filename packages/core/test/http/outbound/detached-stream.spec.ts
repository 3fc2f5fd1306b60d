import { once } from 'node:events';
import { Readable } from 'node:stream';
import { detachedStream } from '../../../src/http/outbound/detached-stream.js';
import { endless } from '../../support/endless.js';

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

async function readAll(stream: Readable): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString();
}

const asIs = (error: Error) => error;

describe('a stream that is detached from another one', () => {
  it.each([
    ['octets', [Buffer.from('ab'), Buffer.from('c')]],
    ['text', ['ab', 'c']],
    ['nothing', []],
  ])('gives its %s', async (_what, pieces) => {
    expect(await readAll(detachedStream(Readable.from(pieces), asIs))).toBe(pieces.join(''));
  });

  it('ends where the other one was read before', async () => {
    const stream = Readable.from([Buffer.from('ab')]);
    await readAll(stream);
    expect(await readAll(detachedStream(stream, asIs))).toBe('');
  });

  it('asks for nothing before it is read, and for little more than is read', async () => {
    const { stream, taken } = endless();
    const detached = detachedStream(stream, asIs);
    await turns(10);
    expect(taken()).toBe(0);
    await once(detached, 'readable');
    await turns(100);
    const held = taken();
    expect(held).toBeLessThan(200_000);
    for (let read = 0; read < 1_000_000;) {
      const piece = detached.read() as Buffer | null;
      if (piece === null) await once(detached, 'readable');
      else read += piece.byteLength;
    }
    await turns(100);
    expect(taken()).toBeLessThan(1_000_000 + 2 * held);
    detached.destroy();
  });

  it('lets go of the other one when it is let go itself, read or unread', async () => {
    for (const isRead of [true, false]) {
      const { stream } = endless();
      const detached = detachedStream(stream, asIs);
      if (isRead) await once(detached, 'readable');
      const closed = once(stream, 'close');
      detached.destroy();
      await closed;
      expect(stream.destroyed).toBe(true);
    }
  });

  it('tells its reader in other words how the other one failed', async () => {
    const failing = new Readable({ read: () => void failing.destroy(new Error('disk')) });
    const detached = detachedStream(failing, ({ message }) => new Error(`the ${message}, in other words`));
    await expect(readAll(detached)).rejects.toThrow('the disk, in other words');
  });

  it('tells its reader of an error that the other one goes on after', async () => {
    const { stream } = endless();
    const reading = readAll(detachedStream(stream, asIs));
    await turns(2);
    stream.emit('error', new Error('aborted'));
    await expect(reading).rejects.toThrow('aborted');
  });

  it('that ended too early never looks complete', async () => {
    const { stream } = endless();
    const detached = detachedStream(stream, asIs);
    const reading = readAll(detached);
    await turns(2);
    stream.destroy();
    await expect(reading).rejects.toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' });
  });

  it('keeps an error to itself that nobody listens for, until somebody reads it', async () => {
    const { stream } = endless();
    const detached = detachedStream(stream, asIs);
    stream.destroy(new Error('nobody asked'));
    await new Promise((resolve) => detached.once('close', resolve));
    await expect(readAll(detached)).rejects.toThrow('nobody asked');
  });
});
