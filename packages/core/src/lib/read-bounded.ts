/** Reads a body as text. @throws TypeError when it is larger than that, or not UTF-8. */
export async function readBounded({ body }: Response, maxBytes: number): Promise<string> {
  if (body === null) return '';
  const arriving: AsyncIterable<Uint8Array> = body;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of arriving) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new TypeError(`is larger than ${String(maxBytes)} bytes`);
    chunks.push(chunk);
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
}
