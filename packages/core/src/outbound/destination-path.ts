/** What a server, or a proxy before it, may do to a path before it routes the request: any of this, in any order. */
const READINGS: readonly ((path: string) => string)[] = [
  (path) => decode(path, '').replaceAll('\\', '/'),
  (path) => path.replace(/;[^/]*/g, ''),
  (path) => path.replace(/\/{2,}/g, '/'),
  withoutDots,
];

/** More than any real path has. Without a limit, an encoding that is encoded again and again would cost too much. */
const MAX_READINGS = 64;

/**
 * The path of a URL without needless encodings. Only characters that would change where the path leads stay encoded: `/`,
 * `\`, `;` and `%`.
 * @see RFC 3986 section 6.2.2.
 */
export function normalPath({ pathname }: URL): string {
  return pathname.includes('%') ? decode(pathname, '/\\;%') : pathname;
}

/**
 * Every path that a server may make of a normal one: by decoding the rest, by dropping parameters and empty segments, and
 * by resolving the dots that appear then. The normal path itself is the first. Undefined when there are too many.
 */
export function readingsOf(path: string): readonly string[] | undefined {
  if (!/%|;|\/\//.test(path)) return [path];
  const readings = new Set([path]);
  // The loop also visits what it adds.
  for (const reading of readings) {
    for (const read of READINGS) readings.add(read(reading));
    if (readings.size > MAX_READINGS) return undefined;
  }
  return [...readings];
}

/** A path in small letters. Its octets are those of UTF-8, as URLs encode them. */
export function foldedPath(path: string): string {
  return Buffer.from(path, 'latin1').toString().toLowerCase();
}

/** Decodes each octet by itself, so that invalid UTF-8 is decoded too. */
function decode(path: string, except: string): string {
  return path.replace(/%([0-9a-f]{2})/gi, (encoded, hex: string) => {
    const character = String.fromCharCode(parseInt(hex, 16));
    return except.includes(character) ? encoded.toUpperCase() : character;
  });
}

function withoutDots(path: string): string {
  const kept: string[] = [];
  for (const segment of path.slice(1).split('/')) {
    if (segment === '..') kept.pop();
    else if (segment !== '.') kept.push(segment);
  }
  return `/${kept.join('/')}`;
}
