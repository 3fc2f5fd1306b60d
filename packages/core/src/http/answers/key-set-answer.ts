/** The path at which a service publishes its public keys. */
export const KEY_SET_PATH = '/.well-known/jwks.json';

/** The default of `KeyStore#verifierCacheSeconds`. */
const DEFAULT_MAX_AGE_SECONDS = 300;

/** The part of a `KeyStore` that is published. */
export interface PublishedKeys {
  publicKeys(): object;
  readonly verifierCacheSeconds?: number;
}

/** A public document, and the headers to send with it. */
export interface DocumentAnswer {
  readonly headers: Readonly<Record<string, string>>;
  /** Send it as JSON. */
  readonly document: object;
}

/**
 * Makes the answer to `GET /.well-known/jwks.json`: the public keys of this service (RFC 7517 section 5). `Cache-Control` says for
 * how long verifiers may keep them, which is what a key rotation waits for.
 */
export function keySetAnswer(keyStore: PublishedKeys): DocumentAnswer {
  const maxAge = keyStore.verifierCacheSeconds ?? DEFAULT_MAX_AGE_SECONDS;
  return {
    headers: {
      'Content-Type': 'application/jwk-set+json',
      'Cache-Control': `public, max-age=${String(maxAge)}`,
    },
    document: keyStore.publicKeys(),
  };
}
