const MAX_LENGTH = 500;

/**
 * The path of our own to which a login leads back; `undefined` for anything that a browser could take for another place:
 * `//evil.example`, `/\evil.example`, a line break, a scheme.
 */
export function parseReturnPath(value: string, publicUrl: string): string | undefined {
  if (value.length > MAX_LENGTH || !/^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(value)) return undefined;
  const url = URL.canParse(value, publicUrl) ? new URL(value, publicUrl) : undefined;
  // What dots were resolved to is looked at once more: `/.//evil.example` becomes `//evil.example`.
  if (url?.origin !== new URL(publicUrl).origin || url.pathname.startsWith('//')) return undefined;
  return url.pathname + url.search + url.hash;
}
