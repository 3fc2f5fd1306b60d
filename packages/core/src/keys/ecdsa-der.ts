/**
 * An ECDSA signature has two forms: R and S side by side, each as long as the curve's numbers (JWS, RFC 7518 section 3.4),
 * and the DER that OpenSSL reads and writes (RFC 3279 section 2.2.3). Node would translate too, but on Node 24 asking it to
 * costs 20 µs, as much as signing.
 */

const SEQUENCE = 0x30;
const INTEGER = 0x02;
/** From here on a length takes a second octet; no signature needs a third. */
const LONG = 0x80;
const LONG_LENGTH = 0x81;

/** R and S side by side, as DER. Their length must be even, and that of the curve. */
export function toDer(signature: Uint8Array): Buffer {
  const size = signature.length / 2;
  const r = startOf(signature, 0, size);
  const s = startOf(signature, size, 2 * size);
  const rLength = size - r + sign(signature, r);
  const sLength = 2 * size - s + sign(signature, s);
  const content = 4 + rLength + sLength;
  const der = Buffer.allocUnsafe(content + (content < LONG ? 2 : 3));
  let at = 0;
  der[at++] = SEQUENCE;
  if (content >= LONG) der[at++] = LONG_LENGTH;
  der[at++] = content;
  at = writeInteger(der, at, signature, r, size);
  writeInteger(der, at, signature, s, 2 * size);
  return der;
}

/** The first octet that counts: a number has no zeros before it, and the number 0 has one. */
function startOf(signature: Uint8Array, from: number, end: number): number {
  let start = from;
  while (start < end - 1 && signature[start] === 0) start++;
  return start;
}

/** A first bit that is set would make the number negative: then a zero goes before it. */
function sign(signature: Uint8Array, start: number): 0 | 1 {
  return (signature[start] ?? 0) >= 0x80 ? 1 : 0;
}

function writeInteger(der: Buffer, start: number, signature: Uint8Array, from: number, end: number): number {
  let at = start;
  const zeros = sign(signature, from);
  der[at++] = INTEGER;
  der[at++] = end - from + zeros;
  if (zeros === 1) der[at++] = 0;
  for (let index = from; index < end; index++) der[at++] = signature[index] ?? 0;
  return at;
}

/** R and S side by side, `size` octets each, of DER that OpenSSL wrote. @throws TypeError when it is anything else. */
export function fromDer(der: Uint8Array, size: number): Buffer {
  const signature = Buffer.alloc(2 * size);
  const sequence = der[1] === LONG_LENGTH ? 3 : 2;
  const s = readInteger(der, sequence, signature, size);
  const end = readInteger(der, s, signature, 2 * size);
  if (der[0] !== SEQUENCE || der[sequence - 1] !== der.length - sequence || end !== der.length)
    throw new TypeError('this is not the DER of a signature');
  return signature;
}

/** Writes a number so that it ends at `end`. @returns where the next one starts. */
function readInteger(der: Uint8Array, start: number, signature: Buffer, end: number): number {
  const next = start + 2 + (der[start + 1] ?? 0);
  if (der[start] !== INTEGER || next > der.length) throw new TypeError('this is not the DER of a number');
  let first = start + 2;
  while (first < next - 1 && der[first] === 0) first++;
  const length = next - first;
  if (length > signature.length / 2) throw new TypeError('the number is longer than the curve allows');
  signature.set(der.subarray(first, next), end - length);
  return next;
}
