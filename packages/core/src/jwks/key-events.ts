import { type KeySet } from './key-set.js';
import { memberOf } from '../lib/error-text.js';

/** Why a key set could not be fetched. */
export type KeyFailure =
  /** The response took longer than `timeoutMs`. */
  | 'timeout'
  /** The connection failed: refused, unknown host, TLS error, or closed early. */
  | 'unreachable'
  /** The response is not a usable key set: an error, a redirect, too large, or without a usable key. */
  | 'unusable_answer'
  /** The issuer's metadata contradicts its trust record. */
  | 'config_invalid';

/**
 * Something that happened to the keys of a trusted issuer, for metrics and logs. Contains no value from a token, so that the
 * number of distinct events is bounded whatever clients send.
 */
export type KeyEvent =
  /** A new set is in use. `refusedKeys` counts the keys in it that were discarded. */
  | (OfIssuer & {
      readonly type: 'fetched';
      readonly durationMs: number;
      readonly keys: number;
      readonly refusedKeys: number;
    })
  /** A fetch failed. `servesOldKeys`: the previous set stays in use; otherwise requests are answered 503. */
  | (OfIssuer & {
      readonly type: 'fetch_failed';
      readonly durationMs: number;
      readonly reason: KeyFailure;
      readonly servesOldKeys: boolean;
    })
  /** A token named a key that is not in the set. `found`: the fetch that this caused brought it. */
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

/** Whether trying again cannot help: the trust record must be changed. */
export function isConfigInvalid(error: unknown): boolean {
  return error instanceof TypeError && 'code' in error && error.code === 'config_invalid';
}

/** Who is told what happens to the keys of an issuer. */
export interface KeyListeners {
  readonly onWarning: (message: string) => void;
  readonly onKeyEvent: (event: KeyEvent) => void;
}

/** Tells the operator's log and whoever counts. Nothing that they throw gets out: it must not take the keys with it. */
export interface KeyReport {
  fetched(keySet: KeySet, durationMs: number): void;
  failed(error: unknown, durationMs: number, servesOldKeys: boolean): void;
  unknownKey(found: boolean): void;
}

export function keyReport(
  { name, issuer }: { readonly name: string; readonly issuer: string },
  { onWarning, onKeyEvent }: KeyListeners,
): KeyReport {
  const warn = (message: string): void => quietly(() => onWarning(message));
  const tell = (event: KeyEvent): void => quietly(() => onKeyEvent(event));
  return {
    fetched({ byId, refusedKeys, warnings }, durationMs) {
      for (const warning of warnings) warn(`key set of ${issuer}: ${warning}`);
      tell({ type: 'fetched', name, durationMs, keys: byId.size, refusedKeys });
    },
    failed(error, durationMs, servesOldKeys) {
      warn(`key set of ${issuer} is unavailable: ${reasonOf(error)}`);
      tell({ type: 'fetch_failed', name, durationMs, reason: keyFailure(error), servesOldKeys });
    },
    unknownKey(found) {
      tell({ type: 'unknown_key', name, found });
    },
  };
}

function quietly(tell: () => void): void {
  try {
    tell();
  } catch {
    // There is nobody left to tell.
  }
}

function reasonOf(error: unknown): string {
  const cause = messageOf(memberOf(error, 'cause'));
  return `${messageOf(error) ?? 'unknown error'}${cause === undefined ? '' : ` (${cause})`}`;
}

function messageOf(error: unknown): string | undefined {
  const message = memberOf(error, 'message');
  return typeof message === 'string' ? message : undefined;
}
