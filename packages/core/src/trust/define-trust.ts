import { type NoOthers } from '../options.js';
import { type TrustRecord } from './trust-record.js';

/**
 * Returns trust records unchanged, with their exact types, so that they can be kept in a constant: `actsFor: 'proven'` is not widened to
 * `string`, editors complete members, and a misspelt member does not compile. Nothing is checked at run time; `createVerifier` and
 * `CountersignModule` do that.
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
