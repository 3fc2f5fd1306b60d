const MAX_ID = 2_147_483_647;

/** A user's own URI, which is also the subject of tokens in that user's name. */
export function toUserUri(serviceUrl: string, id: number): string {
  return `${serviceUrl}user/${String(id)}/`;
}

/** The id in a path segment, or `undefined` when no user can have it: ids are PostgreSQL integers from 1 up. */
export function parseUserId(segment: string): number | undefined {
  if (!/^[1-9]\d{0,9}$/.test(segment)) return undefined;
  const id = Number(segment);
  return id <= MAX_ID ? id : undefined;
}

/** The id in a user's URI; exact, so one user has one URI only. */
export function parseUserUri(serviceUrl: string, uri: string): number | undefined {
  const prefix = `${serviceUrl}user/`;
  return uri.startsWith(prefix) && uri.endsWith('/') ? parseUserId(uri.slice(prefix.length, -1)) : undefined;
}
