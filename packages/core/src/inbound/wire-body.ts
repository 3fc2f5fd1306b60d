import { type IncomingMessage } from 'node:http';
import { type Http2ServerRequest } from 'node:http2';
import { type Readable } from 'node:stream';
import { BodyHasher, type BodyHashes } from '../body-hash.js';
import { CountersignError } from '../errors.js';

/** The body of a request, as it was received. Made by `tapBody` or `emptyBody`. */
export interface WireBody {
  /**
   * Resolves to the hashes of the body once all of it has arrived. Does not consume the stream.
   * @throws CountersignError `body_too_large`, `raw_body_unavailable`, `request_malformed` (the client disconnected).
   */
  hashes(): Promise<BodyHashes>;
  /**
   * Replaces the limit of this body, for a route with one of its own. The limit may be higher or lower. It applies when the
   * hashes are asked for: call it before that.
   */
  limitTo(maxBodyBytes: number): void;
}

/** The options of `tapBody`. */
export interface WireBodyOptions {
  /** The maximum size of a body, unless `limitTo` changes it. A larger one is refused with `body_too_large`. */
  readonly maxBodyBytes: number;
  /** Whether to compute the MD5 too: `verifier.hashesMd5`. */
  readonly hashMd5: boolean;
}

/**
 * Hashes the body of a request while it arrives, without consuming it. The hash covers the bytes that were sent, before any
 * content coding is removed (RFC 9110 section 6.4), because that is what the caller signed. Call it before anything reads the
 * request.
 *
 * @param response Once it was sent, the rest of a body that is too large is no longer hashed. Default: it is.
 *
 * @example
 * const body = tapBody(request, { maxBodyBytes: 1_048_576, hashMd5: verifier.hashesMd5 });
 */
export function tapBody(
  request: IncomingMessage | Http2ServerRequest,
  options: WireBodyOptions,
  response?: { readonly writableEnded: boolean },
): WireBody {
  if (!isUnread(request)) {
    return unavailableBody('the request was received or read before Countersign could; register it first');
  }
  return new ArrivingBody(request, options, response);
}

/**
 * Whether every octet of the body is still to come, so that a tap sees all of them. Not so for a request of Node's server that was
 * received in full, even if it has no body.
 */
export function isUnread(request: IncomingMessage | Http2ServerRequest): boolean {
  if (request.destroyed || request.readableDidRead || request.readableLength > 0) return false;
  return !request.complete || isHandedOver(request);
}

/**
 * Whether a wrapper for serverless platforms made the request, with a `_read` of its own that pushes the body once somebody
 * reads: then `complete` says only that the platform received it. Nothing was pushed yet, not even the end, so that whatever
 * a reader gets comes by the tap.
 */
export function isHandedOver(request: IncomingMessage | Http2ServerRequest): boolean {
  const { _readableState }: ReadableWithState = request;
  return request.complete && Object.hasOwn(request, '_read') && _readableState?.ended === false;
}

/** The body of a request without a body. */
export function emptyBody(options: Pick<WireBodyOptions, 'hashMd5'>): WireBody {
  return {
    hashes: () => Promise.resolve(new BodyHasher(options.hashMd5).finish()),
    limitTo: () => undefined,
  };
}

/** A body of which every octet is here already. */
export function readyBody(octets: Uint8Array, { maxBodyBytes, hashMd5 }: WireBodyOptions): WireBody {
  let limit = maxBodyBytes;
  return {
    hashes() {
      if (octets.byteLength > limit) return Promise.reject(tooLarge(limit));
      const hasher = new BodyHasher(hashMd5);
      hasher.update(octets);
      return Promise.resolve(hasher.finish());
    },
    limitTo(maxBytes) {
      limit = maxBytes;
    },
  };
}

/** A body that nobody can hash any more: asking for its hashes is a fault of ours. */
export function unavailableBody(problem: string): WireBody {
  const fault = new CountersignError('raw_body_unavailable', problem);
  return { hashes: () => Promise.reject(fault), limitTo: () => undefined };
}

function tooLarge(limit: number): CountersignError {
  return new CountersignError('body_too_large', `above ${String(limit)} bytes`);
}

/**
 * A body that is hashed while it arrives. Every chunk reaches the stream through `push`, so the hash is computed there: a `data`
 * listener would make the stream flow before its reader exists.
 *
 * Without back-pressure a body arrives in full in the stream's buffer even if nobody reads it. That much memory is granted to
 * everybody up to the limit of the application, and beyond it, up to the limit of a route, to those who ask for the hashes:
 * by then the signature of the token is known to be good. What a parser reads is hashed whatever its size, since the limit of the
 * route may not be known yet.
 */
class ArrivingBody implements WireBody {
  readonly #request: IncomingMessage | Http2ServerRequest;
  readonly #hashMd5: boolean;
  readonly #response: { readonly writableEnded: boolean } | undefined;
  readonly #whole: Promise<void>;
  #resolve: () => void = () => undefined;
  #reject: (fault: CountersignError) => void = () => undefined;
  #limit: number;
  /** Up to this size there is no back-pressure. */
  #granted: number;
  #bytes = 0;
  /** Whether the sender waits until somebody reads. */
  #isHeldBack = false;
  // Made when the first octet arrives, and finished when somebody asks: most requests have no body, or a token that is
  // not bound to it.
  #hasher: BodyHasher | undefined;
  #hashes: Promise<BodyHashes> | undefined;

  constructor(
    request: IncomingMessage | Http2ServerRequest,
    { maxBodyBytes, hashMd5 }: WireBodyOptions,
    response: { readonly writableEnded: boolean } | undefined,
  ) {
    this.#request = request;
    this.#hashMd5 = hashMd5;
    this.#response = response;
    this.#limit = maxBodyBytes;
    this.#granted = maxBodyBytes;
    this.#whole = new Promise<void>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#whole.catch(() => undefined); // Whoever asks is told; when nobody does, it does not matter.
    const push = request.push.bind(request);
    request.push = (chunk: Uint8Array | string | null | undefined, encoding?: BufferEncoding): boolean => {
      const isGranted = chunk === null ? this.#end() : this.#add(chunk ?? '', encoding);
      const isRead = push(chunk, encoding);
      this.#isHeldBack = !isGranted && !isRead;
      return !this.#isHeldBack;
    };
    const breakOff = () => {
      this.#reject(new CountersignError('request_malformed', 'the body was not sent to its end'));
    };
    request.once('close', breakOff);
    // Over HTTP/2 a stream that the client gave up is ended before it is closed.
    if (request.httpVersionMajor > 1) request.once('aborted', breakOff);
  }

  hashes(): Promise<BodyHashes> {
    if (this.#bytes > this.#limit) return Promise.reject(tooLarge(this.#limit));
    if (this.#hashes === undefined) {
      this.#granted = this.#limit;
      this.#hashes = this.#whole.then(() => (this.#hasher ?? new BodyHasher(this.#hashMd5)).finish());
      this.#letArrive();
    }
    return this.#hashes;
  }

  limitTo(maxBodyBytes: number): void {
    this.#limit = maxBodyBytes;
  }

  #end(): true {
    this.#resolve();
    return true;
  }

  /** Whether there is room for the chunk, though nobody read what came before. */
  #add(chunk: Uint8Array | string, encoding: BufferEncoding | undefined): boolean {
    const octets = typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk;
    this.#bytes += octets.byteLength;
    const isGranted = this.#bytes <= this.#granted;
    if (!isGranted && this.#hashes !== undefined) this.#reject(tooLarge(this.#limit));
    if (isGranted || this.#isWanted()) {
      this.#hasher ??= new BodyHasher(this.#hashMd5);
      this.#hasher.update(octets);
    }
    return isGranted;
  }

  /** Whether anybody can still ask for the hash of what is above the limit of the application. */
  #isWanted(): boolean {
    return this.#hashes === undefined && this.#response?.writableEnded !== true;
  }

  /**
   * Over HTTP/2 and in a request that was handed over nothing is pushed, not even the end, before somebody reads, so a read of
   * zero bytes starts the stream. Otherwise only a sender that was held back has to be told to go on.
   */
  #letArrive(): void {
    if (this.#request.httpVersionMajor > 1 || isHandedOver(this.#request)) this.#request.read(0);
    if (!this.#isHeldBack) return;
    this.#isHeldBack = false;
    const request: NotedReader = this.#request;
    // Node notes on a request of HTTP/1 whether it has a reader. If not, it discards the body once the response was sent, so
    // that the connection can be used again. This is no reader.
    const { _consuming } = request;
    request._read(0);
    if (_consuming === false) request._consuming = false;
  }
}

/** What Node keeps of its streams and requests without documenting it. */
interface ReadableWithState extends Readable {
  readonly _readableState?: { readonly ended?: boolean };
}
interface NotedReader extends Readable {
  _consuming?: boolean;
}
