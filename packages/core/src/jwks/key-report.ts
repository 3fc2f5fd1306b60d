import { keyFailure, memberOf, type KeyEvent } from './key-events.js';
import { type KeySet } from './key-set.js';

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
      warn(`key set of ${issuer} cannot be had: ${reasonOf(error)}`);
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
