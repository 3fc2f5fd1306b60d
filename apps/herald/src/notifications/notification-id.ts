const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The id in a path segment, or `undefined` when no notification can have it. */
export function parseNotificationId(segment: string): string | undefined {
  return UUID.test(segment) ? segment : undefined;
}
