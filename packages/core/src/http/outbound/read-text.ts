/** Reads a text of at most `maxBytes`; undefined when there is more, or nothing. */
export async function readText(
  body: ReadableStream<Uint8Array> | null,
  maxBytes: number,
): Promise<string | undefined> {
  const reader = body?.getReader();
  if (reader === undefined) return undefined;
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(pieces).toString();
    length += value.byteLength;
    if (length > maxBytes) {
      // Of a body that is read twice, one half is only let go together with the other.
      reader.cancel().catch(() => undefined);
      return undefined;
    }
    pieces.push(value);
  }
}
