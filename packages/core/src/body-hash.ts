import { createHash, hash, type Hash } from 'node:crypto';

/** The `bdy` claim: base64url of the SHA-256 of the body's octets as they are sent. No body is the empty body. */
export function bodyHash(body: Uint8Array): string {
  return hash('sha256', body, 'base64url');
}

/** The `bdy` claim of a request without a body. */
export const EMPTY_BODY_HASH = bodyHash(new Uint8Array());

/** The hashes of a request body, in the form in which tokens contain them. */
export interface BodyHashes {
  /** The SHA-256, base64url-encoded. */
  readonly sha256: string;
  /** The MD5 in lower-case hex. Undefined unless a trust record accepts MD5. */
  readonly md5: string | undefined;
}

/** Hashes a body piece by piece, as it arrives; keeps none of it. */
export class BodyHasher {
  readonly #sha256: Hash = createHash('sha256');
  readonly #md5: Hash | undefined;

  constructor(withMd5: boolean) {
    this.#md5 = withMd5 ? createHash('md5') : undefined;
  }

  update(chunk: Uint8Array): void {
    this.#sha256.update(chunk);
    this.#md5?.update(chunk);
  }

  /** May be called once. */
  finish(): BodyHashes {
    return { sha256: this.#sha256.digest('base64url'), md5: this.#md5?.digest('hex') };
  }
}
