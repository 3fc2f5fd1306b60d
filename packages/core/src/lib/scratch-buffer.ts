/** A buffer for each token keeps the collector busy; what is needed for the length of one call goes through this one. */
const scratch = Buffer.allocUnsafeSlow(8192);

/**
 * The octets of a text, good until the next call: for what is done with them at once, and never for a thread or after an
 * `await`, where another token's octets could stand in their place.
 */
export function passingOctets(text: string, encoding: 'latin1' | 'base64url'): Buffer {
  if (text.length > scratch.length) return Buffer.from(text, encoding);
  return scratch.subarray(0, scratch.write(text, encoding));
}
