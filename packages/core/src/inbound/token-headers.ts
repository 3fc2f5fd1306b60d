import { type IncomingHttpHeaders } from 'node:http';
import { invalidOption, type OptionsReader } from '../options.js';
import { type TokenScheme } from './extract-token.js';

/** RFC 9110 section 5.1. */
const FIELD_NAME = /^[\w!#$%&'*+\-.^`|~]+$/;

/** Headers that hold something else, which would be taken for a token. */
const OF_OTHER_USE: ReadonlySet<string> = new Set([
  'cookie', 'dpop', 'delegation-proof', 'countersign-timeout-ms', 'host', 'content-type', 'content-length',
]); // prettier-ignore

/**
 * Reads the option `tokenHeaders`.
 * @returns the names in small letters; undefined where the option is left out.
 * @throws TypeError for an empty list, and for a name that is no field name, stands twice or is that of a header of another use.
 */
export function readTokenHeaders(read: OptionsReader): readonly string[] | undefined {
  if (!read.has('tokenHeaders')) return undefined;
  const names = read.strings('tokenHeaders').map((name) => name.toLowerCase());
  if (names.length === 0) throw invalidOption(read.at('tokenHeaders'), 'must name at least one header');
  names.forEach((name, index) => {
    const path = `${read.at('tokenHeaders')}[${String(index)}]`;
    if (!FIELD_NAME.test(name)) throw invalidOption(path, 'must be the name of a header');
    if (names.indexOf(name) !== index) throw invalidOption(path, 'stands in the list twice');
    if (name === 'cookie')
      throw invalidOption(path, 'must not be Cookie: take the token out of it, and call useToken()');
    if (OF_OTHER_USE.has(name))
      throw invalidOption(path, 'is a header that holds something else than a token');
  });
  return Object.freeze(names);
}

const USUAL: readonly string[] = ['authorization'];

/**
 * The scheme by which a request sends its token, for the challenge that answers it. Checks nothing, and never throws.
 * @param headers `headers` of a request of `node:http` or `node:http2`.
 * @param tokenHeaders `tokenHeaders` of the verifier.
 */
export function sentScheme(
  headers: IncomingHttpHeaders,
  tokenHeaders: readonly string[] | undefined = USUAL,
): TokenScheme {
  return tokenHeaders.some((name) => /^dpop /i.test(String(headers[name] ?? ''))) ? 'DPoP' : 'Bearer';
}
