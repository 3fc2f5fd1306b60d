import { printable } from '../options.js';
import { type KeySet, type VerificationKey } from './key-set.js';

/** Says which trust record each key belongs to: a key that vouched for two issuers would let one make the other's tokens. */
export interface KeyOwners {
  /**
   * Gives a record the keys of its new set, in place of those that it had, but for keys that another record has: those are
   * left out, with a warning. A key is free again when no set that is in use holds it.
   * @param name that of the record.
   * @param isInUse whether its set may still be used.
   * @throws TypeError when no key for signatures is left; then it keeps the keys that it had.
   */
  claim(name: string, keySet: KeySet, isInUse: () => boolean): KeySet;
  /** The same for a set that does not change. @throws TypeError when another record has one of its keys. */
  claimAll(name: string, keySet: KeySet): void;
}

interface Holding {
  readonly thumbprints: ReadonlySet<string>;
  readonly isInUse: () => boolean;
}

/** Compares keys by what they are (RFC 7638): names are whatever an issuer likes. Whoever has a key first keeps it. */
export function keyOwners(): KeyOwners {
  const owners = new Map<string, string>();
  const holdings = new Map<string, Holding>();

  function otherOwner({ thumbprint, algorithm }: VerificationKey, name: string): string | undefined {
    const owner = algorithm === undefined ? undefined : owners.get(thumbprint);
    return owner === undefined || owner === name || holdings.get(owner)?.isInUse() !== true
      ? undefined
      : owner;
  }

  function hold(name: string, { byId }: KeySet, isInUse: () => boolean): void {
    for (const thumbprint of holdings.get(name)?.thumbprints ?? [])
      if (owners.get(thumbprint) === name) owners.delete(thumbprint);
    const signing = [...byId.values()].filter(({ algorithm }) => algorithm !== undefined);
    const thumbprints = new Set(signing.map(({ thumbprint }) => thumbprint));
    for (const thumbprint of thumbprints) owners.set(thumbprint, name);
    holdings.set(name, { thumbprints, isInUse });
  }

  return {
    claim(name, keySet, isInUse) {
      const byId = new Map(keySet.byId);
      const warnings: string[] = [];
      for (const key of keySet.byId.values()) {
        const owner = otherOwner(key, name);
        if (owner === undefined) continue;
        byId.delete(key.keyId);
        warnings.push(
          `the key "${printable(key.keyId)}" of ${name} is left out: it is a key of ${owner} too, and vouches for that one only`,
        );
      }
      const own = {
        byId,
        refusedKeys: keySet.refusedKeys + warnings.length,
        warnings: [...keySet.warnings, ...warnings],
      };
      if (![...byId.values()].some(({ algorithm }) => algorithm !== undefined))
        throw new TypeError(`${own.warnings.join('; ')}; no other is left`);
      hold(name, own, isInUse);
      return own;
    },
    claimAll(name, keySet) {
      for (const key of keySet.byId.values()) {
        const owner = otherOwner(key, name);
        if (owner !== undefined)
          throw new TypeError(`holds the key "${printable(key.keyId)}", which is a key of ${owner} too`);
      }
      hold(name, keySet, () => true);
    },
  };
}
