import { Readable } from 'node:stream';
import { type AxiosError, type AxiosResponse } from 'axios';
import { type RefusedCall } from '../outbound/retry.js';

/** What axios makes of an answer: a status that the application does not want is an error too. */
export interface AxiosOutcome {
  readonly response: AxiosResponse;
  readonly error: AxiosError | undefined;
}

/** What an answer says about its refusal, in whatever form the application wants its body. */
export function axiosRefusal({ response }: AxiosOutcome): RefusedCall {
  const headers = response.headers as Readonly<Record<string, unknown>>;
  return {
    status: response.status,
    challenge: textOf(headers['www-authenticate']),
    contentType: textOf(headers['content-type']),
    text: (maxBytes) => readData(response, maxBytes),
  };
}

/** Lets go of an answer that nobody will read. */
export function discardAxios({ response }: AxiosOutcome): void {
  if (response.data instanceof Readable) response.data.on('error', () => undefined).destroy();
}

function textOf(header: unknown): string | null {
  return typeof header === 'string' ? header : null;
}

async function readData(response: AxiosResponse, maxBytes: number): Promise<string | undefined> {
  const data: unknown = response.data;
  if (data instanceof Readable) return readStream(response, data, maxBytes);
  const octets = typeof data === 'string' ? Buffer.from(data) : data;
  if (octets instanceof ArrayBuffer) return asText(Buffer.from(octets), maxBytes);
  return octets instanceof Uint8Array ? asText(Buffer.from(octets), maxBytes) : undefined;
}

function asText(octets: Buffer, maxBytes: number): string | undefined {
  return octets.byteLength > maxBytes ? undefined : octets.toString();
}

/** Reads a stream as far as it must, and leaves one that gives all of it. */
async function readStream(
  response: AxiosResponse,
  stream: Readable,
  maxBytes: number,
): Promise<string | undefined> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    pieces.push(piece);
    length += piece.byteLength;
    if (length > maxBytes) break;
  }
  const octets = Buffer.concat(pieces);
  if (length > maxBytes) stream.unshift(octets);
  else response.data = Readable.from([octets], { objectMode: false });
  return asText(octets, maxBytes);
}
