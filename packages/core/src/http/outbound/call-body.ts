import { Readable } from 'node:stream';
import { type ReadableStream as WebStream } from 'node:stream/web';
import { CountersignError } from '../../errors.js';

/** A body that is ready to be sent. */
export type CallBody =
  | {
      /** The octets that are signed and sent. */
      readonly bytes: Uint8Array<ArrayBuffer>;
      /** The content type that the form of the body implies, if any. */
      readonly contentType: string | undefined;
    }
  /** Can be sent once, and is not signed. */
  | { readonly stream: BodyStream };

/** A body that comes piece by piece, and only once. */
export type BodyStream = Readable | ReadableStream<Uint8Array>;

/**
 * Turns a body into octets, as `fetch` would (text, forms, blobs, binary); a stream is read to its end.
 * @param signal ends the reading of a stream.
 * @returns undefined when there is no body.
 * @throws CountersignError `body_not_bindable` for a stream of more than `maxBytes`, and for other objects.
 */
export async function readBody(
  body: unknown,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Extract<CallBody, { bytes: unknown }> | undefined> {
  if (body === undefined || body === null) return undefined;
  if (isStream(body)) return { bytes: await readStream(body, maxBytes, signal), contentType: undefined };
  if (!isWhole(body)) {
    throw notBindable('is an object; hand over text, bytes, a form, a Blob or a stream');
  }
  const whole = new Response(body);
  const contentType = whole.headers.get('content-type') ?? undefined;
  return { bytes: new Uint8Array(await whole.arrayBuffer()), contentType };
}

/** Whether a body comes piece by piece, and only once. */
export function isStream(body: unknown): body is BodyStream {
  return body instanceof Readable || body instanceof ReadableStream;
}

async function readStream(
  stream: BodyStream,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const readable = stream instanceof Readable ? stream : Readable.fromWeb(stream as WebStream);
  const stop = () => void readable.destroy(new DOMException('the call ended', 'AbortError'));
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    const pieces: Buffer[] = [];
    let length = 0;
    for await (const chunk of readable as AsyncIterable<unknown>) {
      const piece = octetsOf(chunk);
      length += piece.byteLength;
      if (length > maxBytes) {
        throw notBindable(`is a stream of more than ${String(maxBytes)} bytes (maxBufferedBodyBytes)`);
      }
      pieces.push(piece);
    }
    return new Uint8Array(Buffer.concat(pieces));
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function octetsOf(chunk: unknown): Buffer {
  if (typeof chunk === 'string') return Buffer.from(chunk);
  if (ArrayBuffer.isView(chunk)) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  throw notBindable('is a stream of objects; let it give text or bytes');
}

function notBindable(problem: string): CountersignError {
  return new CountersignError('body_not_bindable', `the body of the outgoing call ${problem}`);
}

type WholeBody = string | ArrayBuffer | Uint8Array<ArrayBuffer> | URLSearchParams | FormData | Blob;

function isWhole(body: unknown): body is WholeBody {
  if (typeof body === 'string' || body instanceof ArrayBuffer || ArrayBuffer.isView(body)) return true;
  return body instanceof URLSearchParams || body instanceof FormData || body instanceof Blob;
}
