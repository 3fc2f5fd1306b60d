/**
 * Turns an ECDSA signature in DER (RFC 3279 section 2.2.3: a SEQUENCE of the INTEGERs R and S), as key management services
 * return it, into R and S side by side, as JWS wants it (RFC 7518 section 3.4).
 * @param signatureBytes the length of the result: twice that of the curve's order.
 * @throws TypeError when it is anything else.
 */
export function joseSignature(der: Buffer, signatureBytes: number): Buffer {
  const outer = readElement(der, 0, SEQUENCE);
  if (outer.end !== der.length) throw notDer();
  const first = readElement(der, outer.start, INTEGER);
  const second = readElement(der, first.end, INTEGER);
  if (second.end !== outer.end) throw notDer();
  return Buffer.concat(
    [first, second].map((each) => readUnsigned(der.subarray(each.start, each.end), signatureBytes / 2)),
  );
}

const SEQUENCE = 0x30;
const INTEGER = 0x02;
/** From 128 on, a length takes a second octet; no signature that we know is longer than that one can say. */
const ONE_MORE_OCTET = 0x81;

interface Element {
  readonly start: number;
  readonly end: number;
}

function readElement(der: Buffer, at: number, tag: number): Element {
  const short = der[at + 1] ?? 0;
  const isLong = short === ONE_MORE_OCTET;
  const length = isLong ? (der[at + 2] ?? 0) : short;
  const start = at + (isLong ? 3 : 2);
  const isShortestForm = isLong === length >= 0x80;
  if (der[at] !== tag || !isShortestForm || start + length > der.length) throw notDer();
  return { start, end: start + length };
}

/** DER puts a zero before a number whose first bit is set, and leaves out other leading zeros. */
function readUnsigned(integer: Buffer, octets: number): Buffer {
  const [first = 0x80, second = 0x80] = integer;
  if (first >= 0x80 || (first === 0 && second < 0x80)) throw notDer();
  const digits = first === 0 ? integer.subarray(1) : integer;
  if (digits.length > octets) throw notDer();
  return Buffer.concat([Buffer.alloc(octets - digits.length), digits]);
}

function notDer(): TypeError {
  return new TypeError('the signature is not an ECDSA signature of this curve in DER');
}
