/** A name is decoded so often at most; whoever writes one that holds more escapes of escapes means nobody. */
const MAX_DECODINGS = 8;

/** Whatever has none of these is no URI, and has no other spelling but that in capitals. */
const SPECIAL = /[:/\\%?#]|[^\0-\x7f]/;

/** A user of a Windows domain (`ACME\jane`): no URI, and no path under whatever has the name of the domain. */
const DOWN_LEVEL_NAME = /^[^.:/\\%?#\0-\x20]+\\(?!\.{1,2}$)[^:/\\%?#\0-\x1f]+$/;

/**
 * A URI with a host: schemes around others (`blob:`, `view-source:`), then one of those that have a host whatever slashes
 * follow, or any other or none before two slashes. What is left begins with the host, or with credentials.
 * @see WHATWG URL, special schemes.
 */
const BEFORE_HOST =
  /^(?:[a-z][a-z0-9+.-]*:)*?(?:(?:https?|wss?|ftp):|(?:[a-z][a-z0-9+.-]*:)?(?=[/\\]{2}))[/\\]*/i;

/** Ports that some scheme of the web has by default, whose scheme is no part of the name here; of `https`, `URL` tells none. */
const DEFAULT_PORTS: ReadonlySet<string> = new Set(['', '80', '21']);

/**
 * One spelling for all that two readers might take for one name, a URI or not: small letters, no scheme before a host, no
 * credentials, no default port, nothing escaped but what is not ASCII, no empty part. Its parts are separated by `/`.
 * Only for comparisons that refuse: different names may come out the same.
 * @returns undefined for a name that climbs (`/../`): readers do not agree about what it means.
 */
export function foldedName(name: string): string | undefined {
  if (!SPECIAL.test(name) || DOWN_LEVEL_NAME.test(name)) return name.toLowerCase();
  const parts = decoded(escaped(withoutScheme(name))).split(/[/\\]+/);
  if (parts.includes('..')) return undefined;
  return parts
    .filter((part) => part !== '.' && part !== '')
    .join('/')
    .toLowerCase();
}

function withoutScheme(name: string): string {
  // What the parser of URLs passes over.
  const written = name.replace(/[\t\n\r]|^[\0-\x20]+|[\0-\x20]+$/g, '');
  const readings = [written, decoded(written)];
  for (const reading of readings) {
    const fromHost = hostAndPath(reading);
    if (fromHost !== undefined) return fromHost;
  }
  return readings.find((text) => URL.canParse(text))?.replaceAll(':', '/') ?? written;
}

/** The host as a URL has it, and what follows as it is written: a URL would resolve what climbs. Undefined without a host. */
function hostAndPath(text: string): string | undefined {
  const [before] = BEFORE_HOST.exec(text) ?? [];
  if (before === undefined) return undefined;
  const rest = text.slice(before.length);
  const uri = `https://${rest}`;
  if (!URL.canParse(uri)) return undefined;
  const { hostname, port } = new URL(uri);
  const path = rest.replace(/^[^/\\?#]*/, '');
  return `${hostname.replace(/\.+$/, '')}${DEFAULT_PORTS.has(port) ? '' : `:${port}`}${path}`;
}

/** As a URL escapes what is not ASCII. */
function escaped(text: string): string {
  return text.replace(/[^\0-\x7f]+/g, (characters) =>
    Buffer.from(characters).toString('hex').replace(/../g, '%$&'),
  );
}

/** Without escapes of ASCII, and of those escapes. */
function decoded(text: string): string {
  let before = '';
  let after = text;
  for (let times = 0; times < MAX_DECODINGS && after !== before; times++) {
    before = after;
    after = before.replace(/%([0-7][0-9A-Fa-f])/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
  }
  return after;
}
