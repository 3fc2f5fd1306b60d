/** What an issuer answered when it was asked for its keys. */
export interface FetchedKeys {
  /** The members of its `keys`, not yet looked at. */
  readonly keys: unknown;
  /** How long it may be kept by its own `Cache-Control`; undefined when it says nothing. */
  readonly maxAgeSeconds: number | undefined;
}

/** Asks an issuer for its keys. Bounded in time and size; throws when there is no usable answer. */
export type FetchKeys = () => Promise<FetchedKeys>;
