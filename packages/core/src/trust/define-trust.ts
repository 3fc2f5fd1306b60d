import { type NoOthers } from '../options.js';
import { type TrustRecord } from './trust-record.js';

/**
 * Hands back trust records as they are, with the types that they have where they are used at once: `actsFor` stays
 * `'proven'` and does not become a string, an editor completes the members, and a misspelt one does not compile.
 * Checks nothing when it runs; `createVerifier` and `CountersignModule` do.
 * @example
 * const trust = defineTrust([
 *   { name: 'login', issuer: 'https://login.example/', claims: 'rfc9068', scopes: ['order:read'] },
 * ]);
 */
export function defineTrust<const Given extends TrustRecord>(
  records: readonly (Given & NoOthers<TrustRecord, Given>)[],
): readonly Given[] {
  return records;
}
