import { type NoOthers } from '../options.js';
import { type DestinationRecord } from './destination.js';

/**
 * Returns destination records unchanged, with their exact types, so that they can be kept in a constant: `authorize: 'mint'` is not widened to
 * `string`, editors complete members, and a misspelt member does not compile. Nothing is checked at run time; `createAuthorizer` and
 * `CountersignModule` do that.
 * @example
 * const destinations = defineDestinations([
 *   { name: 'census', url: 'https://census.service/', onBehalfOf: 'user', authorize: 'mint', scopes: ['user:read'] },
 * ]);
 */
export function defineDestinations<const Given extends DestinationRecord>(
  records: readonly (Given & NoOthers<DestinationRecord, Given>)[],
): readonly Given[] {
  return records;
}
