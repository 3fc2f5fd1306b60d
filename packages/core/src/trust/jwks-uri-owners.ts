import { normalizeUri } from '../lib/normalize-uri.js';
import { type ResolvedTrustRecord } from './trust-record.js';

/** Says which issuer may fetch its keys from which address that metadata names. */
export interface JwksUriOwners {
  /** Gives an issuer an address in place of the one that it had. Returns whether it may have it; else it has none. */
  claim(issuer: string, jwksUri: string): boolean;
  /** Takes the address of an issuer back: its metadata can no longer be believed. */
  giveUp(issuer: string): void;
}

/**
 * No key may vouch for two issuers, and no issuer may take another's keys away by naming their address as its own. So an
 * address that a trust record holds is that record's alone; one at the origin of an issuer that is found by discovery is
 * for issuers of that origin, whoever is asked first; and any other is the first issuer's whose metadata names it, for as
 * long as it does.
 */
export function jwksUriOwners(records: readonly ResolvedTrustRecord[]): JwksUriOwners {
  const written = new Set<string>();
  const homes = new Set<string>();
  for (const { issuer, keys } of records) {
    if (keys === undefined) continue;
    if ('jwksUri' in keys) written.add(addressOf(keys.jwksUri));
    if ('discovery' in keys) homes.add(originOf(issuer));
  }
  const claimed = new Map<string, string>();
  return {
    claim(issuer, jwksUri) {
      claimed.delete(issuer);
      const home = originOf(jwksUri);
      const address = addressOf(jwksUri);
      const isAnothersHome = homes.has(home) && originOf(issuer) !== home;
      if (isAnothersHome || written.has(address) || [...claimed.values()].includes(address)) return false;
      claimed.set(issuer, address);
      return true;
    },
    giveUp(issuer) {
      claimed.delete(issuer);
    },
  };
}

/** One spelling of an address: an empty query and a fragment lead nowhere else. */
export function addressOf(jwksUri: string): string {
  return `${normalizeUri(jwksUri) ?? jwksUri}${new URL(jwksUri).search}`;
}

function originOf(uri: string): string {
  return new URL(uri).origin;
}
