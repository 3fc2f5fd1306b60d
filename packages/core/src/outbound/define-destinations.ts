import { type NoOthers } from '../options.js';
import { type DestinationRecord } from './destination.js';

/**
 * Hands back destination records as they are, with the types that they have where they are used at once: `authorize` stays
 * `'mint'` and does not become a string, an editor completes the members, and a misspelt one does not compile.
 * Checks nothing when it runs; `createAuthorizer` and `CountersignModule` do.
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
