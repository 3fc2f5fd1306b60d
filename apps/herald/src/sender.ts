import type { Principal } from '@countersign/core';

/** In whose name a notification is sent: the user, or the calling service when nobody is behind the call. */
export function toSender({ subject, caller }: Principal): string {
  return subject ?? caller.issuer;
}
