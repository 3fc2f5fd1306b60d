import { uriRoot } from '@countersign/service-kit';

/**
 * The path of a user under census's address, or `undefined` when `uri` is not exactly the URI of a user.
 *
 * The text is compared as it is and never normalised: what census would read differently is not a user's URI.
 */
export function toUserPath(audience: string, uri: string): string | undefined {
  const root = uriRoot(audience);
  if (!uri.startsWith(root)) return undefined;
  const path = uri.slice(root.length);
  return /^user\/[1-9]\d{0,9}\/$/.test(path) ? path : undefined;
}
