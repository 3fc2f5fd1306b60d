import { hasOneReading } from '../../binding.js';
import { normalizeUri } from '../../lib/normalize-uri.js';
import { invalidOption, readHttpsUri, type OptionsReader } from '../../options.js';

/** A base URL. */
interface Address {
  readonly origin: string;
  /** Without the slash at its end. */
  readonly path: string;
}

/**
 * The addresses at which `/` of a service is called, where a proxy stands in front of it. They come from the configuration, and
 * requests are only compared with them: neither `Host` nor `X-Forwarded-*` is looked at.
 *
 * No two paths of the service have the same address. Where one address leads into another, as `https://a.example/` leads into
 * `https://a.example/shop/`, what is below the longer one is an address of that one only.
 */
export class PublicAddresses {
  readonly #given: readonly Address[];
  #addresses: readonly Address[];

  /** @param urls one or more, without query and fragment. */
  constructor(urls: readonly Pick<URL, 'origin' | 'pathname'>[]) {
    this.#given = urls.map(({ origin, pathname }) => ({ origin, path: pathname.replace(/\/$/, '') }));
    this.#addresses = this.#given;
  }

  /**
   * Says that a framework puts all routes under a prefix. An address that ends in it names it already: with the prefix `api`,
   * `https://a.example/api/` is the address of `/api/`, and no longer of `/`.
   */
  keepPrefix(prefix: string): void {
    this.#addresses = this.#given.map((address) =>
      endsIn(address, prefix) ? { ...address, path: address.path.slice(0, -prefix.length - 1) } : address,
    );
  }

  /** Whether some address ends in the prefix. */
  endsIn(prefix: string): boolean {
    return this.#given.some((address) => endsIn(address, prefix));
  }

  /** The URL of a path under the first address. The path is not checked. */
  urlOf(path: string): string {
    const [first] = this.#addresses;
    return (first === undefined ? '' : first.origin + first.path) + path;
  }

  /** The paths by which callers know a path of the service, each with its query; of all hosts, because `htu` names none. */
  pathsOf(pathAndQuery: string): readonly string[] {
    const prefixes = this.#addresses.map(({ path }) => path);
    return [...new Set(prefixes)]
      .filter((prefix) => isOwn(prefix, pathAndQuery, prefixes))
      .map((prefix) => prefix + pathAndQuery);
  }

  /** The URIs of a path under each address, normalised; none of a path that can be read in more than one way. */
  urisOf(pathAndQuery: string): readonly string[] {
    if (!hasOneReading(pathAndQuery)) return [];
    const [path = ''] = pathAndQuery.split('?', 1);
    return this.#addresses.flatMap((address) => {
      const prefixes = this.#addresses.filter(({ origin }) => origin === address.origin);
      const isItsOwn = isOwn(
        address.path,
        path,
        prefixes.map((each) => each.path),
      );
      return (isItsOwn ? normalizeUri(address.origin + address.path + path) : undefined) ?? [];
    });
  }
}

function endsIn({ path }: Address, prefix: string): boolean {
  return prefix !== '' && path.endsWith(`/${prefix}`);
}

/** Whether a path below a prefix is below no longer prefix, whatever a proxy makes of it. */
function isOwn(prefix: string, pathAndQuery: string, prefixes: readonly string[]): boolean {
  if (prefixes.length < 2) return true;
  const path = asProxiesRead((prefix + pathAndQuery).split('?', 1)[0] ?? '');
  const own = asProxiesRead(prefix);
  return !prefixes
    .map(asProxiesRead)
    .some((other) => other.length > own.length && (path === other || path.startsWith(`${other}/`)));
}

/** One spelling for all paths that some proxy takes for the same: without escapes, parameters, empty segments and capitals. */
function asProxiesRead(path: string): string {
  return path
    .replace(/%([0-9A-Fa-f]{2})/g, (_escape, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/;[^/]*/g, '')
    .replace(/\/{2,}/g, '/')
    .toLowerCase();
}

/**
 * Reads the option `publicUrl`.
 * @returns undefined where it is left out.
 * @throws TypeError when one is no http or https URL, holds a query, a fragment or credentials, or has a path that can be read in
 * more than one way.
 */
export function readPublicUrl(read: OptionsReader): PublicAddresses | undefined {
  const name = 'publicUrl';
  if (!read.has(name)) return undefined;
  const isList = Array.isArray(read.raw(name));
  const values = isList ? read.strings(name) : [read.string(name)];
  if (values.length === 0) throw invalidOption(read.at(name), 'must name at least one URL');
  return new PublicAddresses(
    values.map((value, index) => readPublicAddress(value, isList ? `${name}[${String(index)}]` : name)),
  );
}

function readPublicAddress(value: string, path: string): URL {
  const url = readBaseUrl(value, path);
  if (!hasOneReading(url.pathname) || READ_IN_SEVERAL_WAYS.test(url.pathname))
    throw invalidOption(path, 'must not hold an empty segment, a ";", or an encoded "/", "\\", ";" or "%"');
  return url;
}

/** What servers and proxies make different things of. */
const READ_IN_SEVERAL_WAYS = /\/\/|;|%(?:2f|3b|25)/i;

/**
 * Reads a base URL that requests are compared with. It may be plain http: that may stand in front of a service whose TLS ends
 * elsewhere, and an address is no secret.
 */
export function readBaseUrl(value: string, path: string): URL {
  const url = readHttpsUri(value, path, true);
  if (url.search !== '') throw invalidOption(path, 'must not hold a query');
  return url;
}

/** What `publicUrlOf` needs of a `Verifier`. */
export interface AddressedService {
  /** The identifier of the service. */
  readonly service: string;
  /** Undefined without the option `publicUrl`. */
  readonly publicAddresses: PublicAddresses | undefined;
}

/**
 * Makes the URL by which clients reach a path of this service: below the first `publicUrl`, or else below `service`. For `Location`
 * headers and links.
 * @param path with its query, as it would stand on the request line, already escaped.
 * @throws TypeError for a path that does not begin with a slash, or that can be read in more than one way, such as one with dot
 * segments: it could lead elsewhere. Also without `publicUrl`, where `service` is no http or https URL.
 * @example
 * response.setHeader('Location', publicUrlOf(verifier, `/order/${encodeURIComponent(id)}`));
 */
export function publicUrlOf({ service, publicAddresses }: AddressedService, path: string): string {
  const addresses = publicAddresses ?? addressOf(service);
  if (addresses === undefined)
    throw new TypeError('publicUrlOf needs the option publicUrl, or a service that is a URL');
  if (!hasOneReading(path) || /[^!-~]/.test(path))
    throw new TypeError(
      'publicUrlOf needs a path that begins with a slash, without dot segments, and escaped',
    );
  return addresses.urlOf(path);
}

/** The address that the identifier of a service is, if it is an http or https URL: without its query and fragment. */
export function addressOf(service: string): PublicAddresses | undefined {
  const url = URL.canParse(service) ? new URL(service) : undefined;
  return url !== undefined && /^https?:$/.test(url.protocol) ? new PublicAddresses([url]) : undefined;
}
