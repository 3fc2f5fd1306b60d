import { type IncomingMessage } from 'node:http';
import { type Http2ServerRequest } from 'node:http2';
import { BodyHasher, type BodyHashes } from '../body-hash.js';
import { CountersignError } from '../errors.js';

/** The body of a request, as it was received. Made by `tapBody` or `emptyBody`. */
export interface WireBody {
  /**
   * Resolves to the hashes of the body once all of it has arrived. Does not consume the stream.
   * @throws CountersignError `body_too_large`, `raw_body_unavailable`, `request_malformed` (the client disconnected).
   */
  hashes(): Promise<BodyHashes>;
}

/** The options of `tapBody`. */
export interface WireBodyOptions {
  /** The maximum size of a body. A larger one is refused with `body_too_large`. */
  readonly maxBodyBytes: number;
  /** Whether to compute the MD5 too: `verifier.hashesMd5`. */
  readonly hashMd5: boolean;
}

/**
 * Hashes the body of a request while it arrives, without consuming it. The hash covers the bytes that were sent, before any
 * content coding is removed (RFC 9110 section 6.4), because that is what the caller signed. Call it before anything reads the
 * request.
 *
 * @example
 * const body = tapBody(request, { maxBodyBytes: 1_048_576, hashMd5: verifier.hashesMd5 });
 */
// Every chunk reaches the stream through `push`, so the hash is computed there: a `data` listener would make the stream flow
// before its reader exists. Up to `maxBodyBytes` there is no back-pressure, so the body arrives in full in the stream's buffer
// even if nobody reads it. Over HTTP/2 nothing is pushed, not even the end, before somebody reads, so asking for the hashes
// starts the stream with a read of zero bytes.
export function tapBody(request: IncomingMessage | Http2ServerRequest, options: WireBodyOptions): WireBody {
  if (request.complete || request.destroyed || request.readableDidRead || request.readableLength > 0) {
    const problem = 'the request was received or read before Countersign could; register it first';
    return failed(new CountersignError('raw_body_unavailable', problem));
  }
  const { maxBodyBytes, hashMd5 } = options;
  // Made when the first octet arrives, and finished when somebody asks: most requests have no body, or a token that is
  // not bound to it.
  let hasher: BodyHasher | undefined;
  let hashes: Promise<BodyHashes> | undefined;
  const whole = new Promise<void>((resolve, reject) => {
    let bytes = 0;
    const push = request.push.bind(request);
    request.push = (chunk: Uint8Array | string | null, encoding?: BufferEncoding): boolean => {
      if (chunk === null) resolve();
      if (chunk === null || bytes > maxBodyBytes) return push(chunk, encoding);
      const octets = typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk;
      bytes += octets.byteLength;
      if (bytes > maxBodyBytes) {
        reject(new CountersignError('body_too_large', `above ${String(maxBodyBytes)} bytes`));
        return push(chunk, encoding);
      }
      hasher ??= new BodyHasher(hashMd5);
      hasher.update(octets);
      push(chunk, encoding);
      return true;
    };
    const breakOff = () => {
      reject(new CountersignError('request_malformed', 'the body was not sent to its end'));
    };
    request.once('close', breakOff);
    // Over HTTP/2 a stream that the client gave up is ended before it is closed.
    if (request.httpVersionMajor > 1) request.once('aborted', breakOff);
  });
  whole.catch(() => undefined); // Whoever asks is told; when nobody does, it does not matter.
  return {
    hashes() {
      if (hashes === undefined && request.httpVersionMajor > 1) request.read(0);
      return (hashes ??= whole.then(() => (hasher ?? new BodyHasher(hashMd5)).finish()));
    },
  };
}

/** The body of a request without a body. */
export function emptyBody(options: Pick<WireBodyOptions, 'hashMd5'>): WireBody {
  return { hashes: () => Promise.resolve(new BodyHasher(options.hashMd5).finish()) };
}

function failed(fault: CountersignError): WireBody {
  return { hashes: () => Promise.reject(fault) };
}
