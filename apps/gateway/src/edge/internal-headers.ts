import type { IncomingMessage } from 'node:http';

/**
 * Headers by which services behind the gateway, or those of other makers, know a user or a service: only insiders may
 * set them. Names as they are compared: lower case, hyphens for underscores.
 */
const INTERNAL = [
  /^x-user(-|$)/,
  /^x-internal-/,
  /^x-auth(-|$)/,
  /^x-forwarded-(user|email|groups|access-token|preferred-username)$/,
  /^x-(remote|authenticated)-/,
  /^remote-(user|email|groups|name)$/,
  /^delegation-proof$/,
  /^countersign-/,
];

/**
 * Removes what an outsider says in the words of insiders, in every spelling and as often as it was sent: many servers take
 * `X_User_Id` for `X-User-Id`. Must run before anything reads the request.
 */
export function stripInternalHeaders(request: IncomingMessage): void {
  const { rawHeaders, headers } = request;
  for (let index = rawHeaders.length - 2; index >= 0; index -= 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase();
    if (!isInternal(name)) continue;
    rawHeaders.splice(index, 2);
    Reflect.deleteProperty(headers, name);
  }
}

function isInternal(name: string): boolean {
  const compared = name.replaceAll('_', '-');
  return INTERNAL.some((pattern) => pattern.test(compared));
}
