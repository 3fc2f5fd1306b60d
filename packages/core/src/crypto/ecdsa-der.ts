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

/**
 * R and S side by side, `size` octets each, of the DER that OpenSSL or a key management service wrote.
 * @throws TypeError when it is anything else, also in a form that is longer than it must be.
 */
export function fromDer(der: Uint8Array, size: number): Buffer {
  const start = der[1] === LONG_LENGTH ? 3 : 2;
  const length = der[start - 1] ?? 0;
  const isShortestForm = (start === 3) === length >= LONG;
  if (der[0] !== SEQUENCE || !isShortestForm || start + length !== der.length) throw notDer();
  const signature = Buffer.alloc(2 * size);
  const s = readInteger(der, start, signature, size);
  if (readInteger(der, s, signature, 2 * size) !== der.length) throw notDer();
  return signature;
}

/** Writes a number of half the signature's length so that it ends at `end`. @returns where the next one starts. */
function readInteger(der: Uint8Array, start: number, signature: Buffer, end: number): number {
  const length = der[start + 1] ?? 0;
  let from = start + 2;
  const next = from + length;
  if (der[start] !== INTEGER || length === 0 || length >= LONG || next > der.length) throw notDer();
  const first = der[from] ?? 0;
  const isNegative = first >= 0x80;
  const hasZeroTooMany = first === 0 && length > 1 && (der[from + 1] ?? 0) < 0x80;
  if (isNegative || hasZeroTooMany) throw notDer();
  if (first === 0) from++;
  let at = end - (next - from);
  if (at < end - signature.length / 2) throw notDer();
  while (from < next) signature[at++] = der[from++] ?? 0;
  return next;
}

function notDer(): TypeError {
  return new TypeError('the signature is not an ECDSA signature of this curve in DER');
}
