/** Why a key set could not be had. */
export type KeyFailure =
  /** The answer took longer than `timeoutMs`. */
  | 'timeout'
  /** No connection: refused, no such name, TLS, broken off. */
  | 'unreachable'
  /** An answer that is no good key set, such as an error, a redirect, too many octets, not one usable key. */
  | 'unusable_answer'
  /** The issuer's metadata shows that its trust record cannot be right. */
  | 'config_invalid';

/**
 * What happened to the keys of one trusted issuer. It holds nothing that a token says: no `kid`, no `iss` that is in no
 * trust record, so that what counts events stays small whatever is sent.
 */
export type KeyEvent =
  /** A new set is in use. `refusedKeys` were left out of it. */
  | (OfIssuer & {
      readonly type: 'fetched';
      readonly durationMs: number;
      readonly keys: number;
      readonly refusedKeys: number;
    })
  /** `servesOldKeys` says whether the last good set stays in use; otherwise requests are answered 503. */
  | (OfIssuer & {
      readonly type: 'fetch_failed';
      readonly durationMs: number;
      readonly reason: KeyFailure;
      readonly servesOldKeys: boolean;
    })
  /** A token named a key that was not in the set; `found` says whether it came with a fetch that this caused. */
  | (OfIssuer & { readonly type: 'unknown_key'; readonly found: boolean });

interface OfIssuer {
  /** The `name` of the trust record. */
  readonly name: string;
}

/** The kind of a failed fetch, without the words of whoever was asked. */
export function keyFailure(error: unknown): KeyFailure {
  if (memberOf(error, 'name') === 'TimeoutError') return 'timeout';
  if (isConfigInvalid(error)) return 'config_invalid';
  // What the network says has a code; what `fetch` itself refuses, such as a redirect, has none.
  return typeof memberOf(memberOf(error, 'cause'), 'code') === 'string' ? 'unreachable' : 'unusable_answer';
}

/** Of whatever was thrown: what `fetch` throws is not always an instance of this realm's `Error`. */
export function memberOf(thrown: unknown, name: string): unknown {
  return typeof thrown === 'object' && thrown !== null ? Reflect.get(thrown, name) : undefined;
}

/** Whether trying again cannot help: the trust record must be changed. */
export function isConfigInvalid(error: unknown): boolean {
  return error instanceof TypeError && 'code' in error && error.code === 'config_invalid';
}
