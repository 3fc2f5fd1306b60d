/** Printable ASCII without the backslash, behind a scheme and two slashes. */
const ABSOLUTE = /^https?:\/\/[!-[\]-~]+$/i;

/** Characters that mean the same with and without an escape (RFC 3986 section 2.3). */
const UNRESERVED = /^[A-Za-z0-9\-._~]$/;

/**
 * A URI without query and fragment, in the normal form that `htu` is compared in (RFC 9449 section 4.3, RFC 3986 sections
 * 6.2.2 and 6.2.3): host in small letters, no default port, no dots, escapes in capitals and only where they are needed.
 * @returns undefined when it is no absolute http or https URI in RFC 3986's own characters, or holds credentials.
 * `URL` also reads what browsers forgive: backslashes, line breaks, slashes left out.
 */
export function normalizeUri(uri: string): string | undefined {
  if (!ABSOLUTE.test(uri) || !URL.canParse(uri)) return undefined;
  const { protocol, host, pathname, username, password } = new URL(uri);
  if (username !== '' || password !== '') return undefined;
  const path = pathname.replace(/%([0-9A-Fa-f]{2})/g, (escape, hex: string) => {
    const character = String.fromCharCode(Number.parseInt(hex, 16));
    return UNRESERVED.test(character) ? character : escape.toUpperCase();
  });
  return `${protocol}//${host}${path}`;
}
