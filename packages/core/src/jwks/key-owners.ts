import { printable } from '../options.js';
import { type KeySet, type VerificationKey } from './key-set.js';

/** Which trust record has which key: whoever has a private key can make the tokens of every issuer that it vouches for. */
export interface KeyOwners {
  /** For keys that the trust record itself holds. @throws TypeError when the record of another issuer holds one of them. */
  configured(name: string, keySet: KeySet): void;
  /**
   * For a set that was fetched. Leaves out the keys that the record of another issuer holds. Warns of those that another
   * fetched set holds too, and keeps them: an issuer that copies a public key must not take it from its owner.
   * @throws TypeError when no key for signatures is left.
   */
  fetched(name: string, keySet: KeySet): KeySet;
}

/** Compares keys by what they are (RFC 7638): names are whatever an issuer likes. */
export function keyOwners(): KeyOwners {
  const configured = new Map<string, string>();
  const fetched = new Map<string, ReadonlySet<string>>();

  function configuredElsewhere({ thumbprint }: VerificationKey, name: string): string | undefined {
    const owner = configured.get(thumbprint);
    return owner === name ? undefined : owner;
  }

  function fetchedElsewhere({ thumbprint }: VerificationKey, name: string): string | undefined {
    return [...fetched].find(([owner, thumbprints]) => owner !== name && thumbprints.has(thumbprint))?.[0];
  }

  return {
    configured(name, keySet) {
      for (const key of signing(keySet)) {
        const owner = configuredElsewhere(key, name);
        if (owner !== undefined)
          throw new TypeError(`holds the key "${printable(key.keyId)}", which is a key of ${owner} too`);
        configured.set(key.thumbprint, name);
      }
    },
    fetched(name, keySet) {
      const byId = new Map(keySet.byId);
      const warnings = [...keySet.warnings];
      for (const key of signing(keySet)) {
        const whose = `the key "${printable(key.keyId)}" of ${name} is a key of`;
        const owner = configuredElsewhere(key, name);
        const other = fetchedElsewhere(key, name);
        if (owner !== undefined) {
          byId.delete(key.keyId);
          warnings.push(`${whose} ${owner} too, by its trust record, and is left out`);
        } else if (other !== undefined) {
          warnings.push(`${whose} ${other} too: whoever has its private half can speak for both`);
        }
      }
      const refusedKeys = keySet.refusedKeys + keySet.byId.size - byId.size;
      const kept: KeySet = { byId, refusedKeys, warnings };
      if (signing(kept).length === 0) throw new TypeError(`${warnings.join('; ')}; no other is left`);
      fetched.set(name, new Set(signing(kept).map(({ thumbprint }) => thumbprint)));
      return kept;
    },
  };
}

function signing({ byId }: KeySet): readonly VerificationKey[] {
  return [...byId.values()].filter(({ algorithm }) => algorithm !== undefined);
}
