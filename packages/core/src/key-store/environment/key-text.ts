import { invalidOption } from '../../options.js';
import { isRecord } from '../../lib/is-record.js';
import { privateKeyInDer } from './der-key.js';
import { privateKeysInPem } from './pem-keys.js';

/** A key that a text holds, for `readSigningKey`: a JWK, or PKCS8 in PEM. */
export interface StatedKey {
  readonly key: object | string;
  /** What messages call it. */
  readonly path: string;
}

const UNKNOWN =
  'holds no key: it is neither PEM, nor a JWK as JSON, nor base64 of a key; the path of a file is not read';

/**
 * Reads the private keys of a text as it comes out of an environment: PEM, JSON or base64, with the quotes, the literal `\n` and
 * the indentation that shells, YAML and `.env` files leave behind. JWKs are not checked.
 * @throws TypeError `config_invalid` naming `path`, and nothing of the text.
 */
export function keysInText(text: string, path: string): readonly StatedKey[] {
  const content = withoutQuotes(text);
  if (content === '') throw invalidOption(path, 'is empty');
  const found = keysInJson(content, path) ?? keysInPem(content, path) ?? keysInBase64(content, path);
  if (found === undefined) throw invalidOption(path, UNKNOWN);
  return found;
}

/** Quotes may come twice: those of a shell around those of a file. */
function withoutQuotes(text: string): string {
  const inner = /^(["'`])(.*)\1$/s.exec(text.trim())?.[2];
  return inner === undefined ? text.trim() : withoutQuotes(inner);
}

/** What was escaped once or more often, for a line or inside of quotes. */
function unescaped(text: string): string {
  return text.replace(/\\+[nrt\s]/g, '\n').replace(/\\+"/g, '"');
}

function keysInJson(text: string, path: string): readonly StatedKey[] | undefined {
  if (!/^\s*[{[]/.test(unescaped(text))) return undefined;
  const json = parseJson(text) ?? parseJson(unescaped(text));
  if (json === undefined)
    throw invalidOption(path, 'is not valid JSON: it may be cut off, or have lost its quotes');
  const jwks = jwksOf(json);
  if (jwks === undefined)
    throw invalidOption(path, 'is JSON, but neither a JWK, nor a set or an array of JWKs');
  if (jwks.length === 0) throw invalidOption(path, 'is a set without a key');
  return jwks.map((jwk, index) => {
    const its = pathOf(path, index, jwks.length);
    if (jwk['kty'] === 'oct') throw invalidOption(its, 'is a symmetric key; signing needs a private one');
    return { key: jwk, path: its };
  });
}

/** The keys of a JWK, a JWK set (RFC 7517 section 5) or an array; undefined for anything else. */
function jwksOf(json: unknown): readonly Readonly<Record<string, unknown>>[] | undefined {
  const set: unknown = isRecord(json) && 'keys' in json ? json['keys'] : json;
  const jwks: readonly unknown[] = Array.isArray(set) ? set : [set];
  return jwks.every(isJwk) ? jwks : undefined;
}

function isJwk(value: unknown): value is Readonly<Record<string, unknown>> {
  return isRecord(value) && typeof value['kty'] === 'string';
}

/** Undefined when it cannot be parsed: a parser's message holds an excerpt of the text. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function keysInPem(text: string, path: string): readonly StatedKey[] | undefined {
  const keys = privateKeysInPem(unescaped(text), path);
  return keys?.map((key, index) => ({ key, path: pathOf(path, index, keys.length) }));
}

/** Of a whole text, in PEM or JSON, or of one key in DER. */
function keysInBase64(text: string, path: string): readonly StatedKey[] | undefined {
  const base64 = unescaped(text).replace(/\s/g, '');
  if (!/^[\w+/-]+={0,2}$/.test(base64)) return undefined;
  const octets = Buffer.from(base64, 'base64');
  const decoded = withoutQuotes(octets.toString('latin1'));
  const inside = keysInJson(decoded, path) ?? keysInPem(decoded, path);
  if (inside !== undefined) return inside;
  const key = privateKeyInDer(octets, path);
  return key === undefined ? undefined : [{ key, path }];
}

/** Which of several keys it is, counted from 0 as in an array of options. */
function pathOf(path: string, index: number, count: number): string {
  return count === 1 ? path : `${path}[${String(index)}]`;
}
