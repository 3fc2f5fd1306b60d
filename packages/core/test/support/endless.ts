import { Readable } from 'node:stream';

/** A stream that never ends: it gives 16 KiB each time that it is asked, and tells how much was taken. */
export function endless(): { readonly stream: Readable; readonly taken: () => number } {
  let taken = 0;
  const stream = new Readable({
    read() {
      taken += 16_384;
      setImmediate(() => this.push(Buffer.alloc(16_384)));
    },
  });
  return { stream, taken: () => taken };
}
