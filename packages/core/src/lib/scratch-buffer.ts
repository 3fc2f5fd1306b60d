/** A buffer for each token keeps the collector busy; what is needed for the length of one call goes through this one. */
const scratch = Buffer.allocUnsafeSlow(8192);
let isTaken = false;

/**
 * Gives `use` the octets of a text, in a buffer that is shared: they are gone when it returns, so it must neither keep them
 * nor hand them to a thread. A text that does not fit, or comes while the buffer is in use, gets a buffer of its own.
 * @returns what `use` returns.
 */
export function withScratch<Result>(
  text: string,
  encoding: 'latin1' | 'base64url',
  use: (octets: Buffer) => Result,
): Result {
  if (isTaken || text.length > scratch.length) return use(Buffer.from(text, encoding));
  isTaken = true;
  try {
    return use(scratch.subarray(0, scratch.write(text, encoding)));
  } finally {
    isTaken = false;
  }
}
