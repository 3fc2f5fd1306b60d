import { type KeyObject } from 'node:crypto';
import { type Awaitable } from '../lib/awaitable.js';
import { type KeyFailure } from './key-events.js';
import { type KeySet, type VerificationKey } from './key-set.js';

/** The state of the keys of one issuer. */
export interface KeyStatus {
  /**
   * `fresh`: the last fetch succeeded. `old`: the last fetch failed, and the previous set is in use. `none`: there are no
   * keys; without `lastFailure`, because no request has needed them yet or not for a long time.
   */
  readonly state: 'none' | 'fresh' | 'old';
  /** Seconds since the last successful fetch. Absent without keys, and for an inline set or a file. */
  readonly ageSeconds?: number;
  readonly keys: number;
  /** Why the last fetch failed. Absent if it succeeded. */
  readonly lastFailure?: KeyFailure;
}

/** The public keys of one trusted issuer. */
export interface IssuerKeys {
  /**
   * The key of that `kid`; without one, the only key of the set.
   * @returns undefined when the issuer has no such key; a promise when the issuer must be asked first.
   * @throws CountersignError `keys_unavailable` when that cannot be known at the moment; or the promise rejects with it.
   */
  find(keyId: string | undefined): Awaitable<VerificationKey | undefined>;
  /**
   * Whether `find` would still answer with this very key, and at once. Sets off the refresh that is due, as `find` does;
   * reports nothing.
   */
  isCurrent(keyId: string | undefined, key: KeyObject): boolean;
  /**
   * Fetches the keys if there are none yet, and begins to fetch them again if they are due.
   * @throws CountersignError `keys_unavailable`; TypeError with the code `config_invalid` when the issuer's metadata
   * shows that its trust record cannot be right.
   */
  hydrate(): Promise<void>;
  /** Reads what is known; asks nobody. */
  status(): KeyStatus;
}

/** Keys that do not change while the process runs: from an inline set or a file. */
export function fixedKeys(keySet: KeySet): IssuerKeys {
  return {
    find: (keyId) => pickKey(keySet, keyId),
    isCurrent: (keyId, key) => pickKey(keySet, keyId)?.key === key,
    hydrate: () => Promise.resolve(),
    status: () => ({ state: 'fresh', keys: keySet.byId.size }),
  };
}

/** The key of that `kid`; without one, the only key of the set. */
export function pickKey(keySet: KeySet, keyId: string | undefined): VerificationKey | undefined {
  if (keyId !== undefined) return keySet.byId.get(keyId);
  if (keySet.byId.size > 1) return undefined;
  const [only] = keySet.byId.values();
  return only;
}
