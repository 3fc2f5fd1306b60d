/** A name is decoded so often at most; whoever writes one that holds more escapes of escapes means nobody. */
const MAX_DECODINGS = 8;

/** Whatever has none of these is no URI, and has no other spelling but that in capitals. */
const SPECIAL = /[:/\\%?#]|[^\0-\x7f]/;

/**
 * One spelling for all that two readers might take for one name, a URI or not: small letters, no scheme of the web, no
 * credentials, no default port, nothing escaped but what is not ASCII, no empty part. Its parts are separated by `/`.
 * Only for comparisons that refuse: different names may come out the same.
 * @returns undefined for a name that climbs (`/../`): readers do not agree about what it means.
 */
export function foldedName(name: string): string | undefined {
  if (!SPECIAL.test(name)) return name.toLowerCase();
  const parts = decoded(escaped(withoutScheme(name))).split(/[/\\]+/);
  if (parts.includes('..')) return undefined;
  return parts
    .filter((part) => part !== '.' && part !== '')
    .join('/')
    .toLowerCase();
}

/** The host as a URL has it, and what follows as it is written: a URL would resolve what climbs. */
function withoutScheme(name: string): string {
  // What the parser of URLs passes over.
  const written = name.replace(/[\t\n\r]|^[\0-\x20]+|[\0-\x20]+$/g, '');
  const uri = [written, decoded(written)].find((text) => URL.canParse(text));
  if (uri === undefined) return written;
  const { protocol, hostname, port } = new URL(uri);
  if (!/^https?:$/.test(protocol)) return uri.replaceAll(':', '/');
  const path = uri.replace(/^https?:[/\\]*[^/\\?#]*/i, '');
  return `${hostname.replace(/\.+$/, '')}${port === '' ? '' : `:${port}`}${path}`;
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
