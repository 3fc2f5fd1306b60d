import { type IncomingMessage } from 'node:http';
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

export interface WireBodyOptions {
  /** Hashing stops above this, and the request is refused. */
  readonly maxBodyBytes: number;
  /** Whether the MD5 is needed too, for peers that sign it. */
  readonly hashMd5: boolean;
}

const EMPTY = new Uint8Array();

/**
 * Listens in on the body of a request: the octets that were sent, before any content coding is undone (RFC 9110
 * section 6.4), which is what the caller signed. Must be called before anything reads the request.
 *
 * Every chunk reaches the stream through `push`, so that is where we listen: a `data` listener would make the stream
 * flow before its reader is there. Up to `maxBodyBytes` the sender is never held back, so that the body arrives in full
 * (in the stream's own buffer) even when nobody reads it.
 */
export function tapBody(request: IncomingMessage, options: WireBodyOptions): WireBody {
  if (request.readableDidRead || request.readableEnded || request.readableLength > 0) {
    const problem = 'something read the request before Countersign could; register it first';
    return failed(new CountersignError('raw_body_unavailable', problem));
  }
  const hasher = new BodyHasher(options.hashMd5);
  let bytes = 0;
  let settled: { hashes: BodyHashes } | { fault: CountersignError } | undefined;
  let wake: (() => void) | undefined;
  const settle = (result: { hashes: BodyHashes } | { fault: CountersignError }): void => {
    settled ??= result;
    wake?.();
  };
  const push = request.push.bind(request);
  request.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
    const more = push(chunk, encoding);
    if (settled !== undefined) return more;
    if (chunk === null) {
      settle({ hashes: hasher.finish() });
      return more;
    }
    const octets =
      chunk instanceof Uint8Array ? chunk : typeof chunk === 'string' ? Buffer.from(chunk, encoding) : EMPTY;
    bytes += octets.byteLength;
    if (bytes > options.maxBodyBytes) {
      settle({
        fault: new CountersignError('body_too_large', `above ${String(options.maxBodyBytes)} bytes`),
      });
      return more;
    }
    hasher.update(octets);
    return true;
  };
  request.once('close', () => {
    settle({ fault: new CountersignError('request_malformed', 'the body was not sent to its end') });
  });
  return {
    async hashes() {
      if (settled === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if (settled !== undefined && 'hashes' in settled) return settled.hashes;
      throw settled?.fault ?? new CountersignError('raw_body_unavailable', 'the body never ended');
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
