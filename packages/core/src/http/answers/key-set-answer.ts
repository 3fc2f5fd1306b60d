/** Where the public keys of a service are served. */
export const KEY_SET_PATH = '/.well-known/jwks.json';

/** How a key store says that verifiers may keep its keys when it does not say how long. */
const DEFAULT_MAX_AGE_SECONDS = 300;

/** The part of a `KeyStore` that is published. */
export interface PublishedKeys {
  publicKeys(): object;
  readonly verifierCacheSeconds?: number;
}

/** A document that anybody may read, as it is answered over HTTP. */
export interface DocumentAnswer {
  readonly headers: Readonly<Record<string, string>>;
  /** To be written as JSON. */
  readonly document: object;
}

/**
 * How `GET /.well-known/jwks.json` is answered: the public keys that sign now or may soon (RFC 7517 section 5). A key rotation
 * waits for as long as the answer may be cached: both go by the key store.
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
