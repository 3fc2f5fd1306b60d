import { CountersignError } from '@countersign/core';

/** A body in the octets that are signed and sent. */
export interface BodyBytes {
  readonly bytes: Uint8Array;
  /** The content type that the form of the body implies, if any. */
  readonly contentType: string | undefined;
}

/**
 * Turns a body into octets, as `fetch` would (text, forms, blobs, binary).
 * @returns undefined when there is no body.
 * @throws CountersignError `body_not_bindable` for streams, which cannot be signed before they are sent, and for other objects.
 */
export async function bodyBytes(body: unknown): Promise<BodyBytes | undefined> {
  if (body === undefined || body === null) return undefined;
  if (!isWhole(body)) {
    throw new CountersignError(
      'body_not_bindable',
      'the body of the outgoing call is a stream or an object; hand over text, bytes, a form or a Blob',
    );
  }
  const whole = new Response(body);
  return {
    bytes: new Uint8Array(await whole.arrayBuffer()),
    contentType: whole.headers.get('content-type') ?? undefined,
  };
}

type WholeBody = string | ArrayBuffer | Uint8Array<ArrayBuffer> | URLSearchParams | FormData | Blob;

function isWhole(body: unknown): body is WholeBody {
  if (typeof body === 'string' || body instanceof ArrayBuffer || ArrayBuffer.isView(body)) return true;
  return body instanceof URLSearchParams || body instanceof FormData || body instanceof Blob;
}
