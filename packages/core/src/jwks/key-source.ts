/** What an issuer answered when it was asked for its keys. */
export interface FetchedKeys {
  /** The members of its `keys`, not yet looked at. */
  readonly keys: unknown;
  /** How long it may be kept by its own `Cache-Control`; undefined when it says nothing. */
  readonly maxAgeSeconds: number | undefined;
}

/**
 * Asks an issuer for its keys. Bounded in time and size; throws when there is no usable answer.
 * @param isKeyMissing whether a token names a key that was not in the last answer. Whoever sends tokens can bring that about.
 */
export type FetchKeys = (isKeyMissing: boolean) => Promise<FetchedKeys>;
