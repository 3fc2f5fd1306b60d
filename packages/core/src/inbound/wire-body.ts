import { type IncomingMessage } from 'node:http';
import { type Http2ServerRequest } from 'node:http2';
import { BodyHasher, type BodyHashes } from '../binding.js';
import { CountersignError } from '../errors.js';

/** The body of one request as it came over the wire. */
export interface WireBody {
  /**
   * The hashes of the whole body, once it has arrived. Does not consume the stream and needs nobody to read it.
   * @throws CountersignError `body_too_large`, `raw_body_unavailable`, `request_malformed` (the client went away).
   */
  hashes(): Promise<BodyHashes>;
}

/** The options of `tapBody`. */
export interface WireBodyOptions {
  /** Hashing stops above this, and the request is refused. */
  readonly maxBodyBytes: number;
  /** Whether the MD5 is needed too, for peers that sign it. */
  readonly hashMd5: boolean;
}

/**
 * Listens in on the body of a request: the octets that were sent, before any content coding is undone (RFC 9110
 * section 6.4), which is what the caller signed. Must be called before anything reads the request.
 *
 * Every chunk reaches the stream through `push`, so that is where we listen: a `data` listener would make the stream
 * flow before its reader is there. Up to `maxBodyBytes` the sender is never held back, so that the body arrives in full
 * (in the stream's own buffer) even when nobody reads it. Over HTTP/2 nothing is pushed, not even the end, before somebody
 * reads, so asking for the hashes starts the stream, by a read of nothing: all octets stay in it.
 */
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

/** The body of a request that has none. */
export function emptyBody(options: Pick<WireBodyOptions, 'hashMd5'>): WireBody {
  return { hashes: () => Promise.resolve(new BodyHasher(options.hashMd5).finish()) };
}

function failed(fault: CountersignError): WireBody {
  return { hashes: () => Promise.reject(fault) };
}
