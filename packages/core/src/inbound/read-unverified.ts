import { CountersignError } from '../errors.js';
import { algorithmNamed } from '../crypto/algorithms.js';
import { withScratch } from '../lib/scratch-buffer.js';
import { type Claims, type TokenHeader, type UnverifiedToken } from '../token.js';
import { Memo } from '../lib/bounded-map.js';
import { parseJsonObject } from './strict-json.js';

/** Header parameters that are refused, whatever they hold: they name keys, change the meaning of the token, or wrap another. */
const REFUSED_PARAMETERS = ['crit', 'b64', 'zip', 'cty', 'jwk', 'jku', 'x5u', 'x5c', 'enc'] as const;

/** A `kid` is a name: letters, digits and a little punctuation, no path that climbs. */
const KEY_ID = /^(?!.*\.\.)[A-Za-z0-9_.~+/=:@-]{1,255}$/;

/**
 * Takes a compact token apart: size, three canonical base64url segments, strict JSON, header rules
 * (RFC 7515 sections 4.1, 5.2 and 10.12).
 * Does not verify the signature and does not look at any claim.
 * @param maxTokenBytes refused above this before anything is decoded.
 * @throws CountersignError `token_malformed`, `token_too_large`, `header_not_allowed`; `algorithm_not_allowed` for one that no
 * issuer may use, such as `none` or one with a shared secret (RFC 8725 section 3.1).
 */
export function readUnverified(token: string, maxTokenBytes: number): UnverifiedToken {
  const headerEnd = token.indexOf('.');
  const claimsEnd = token.indexOf('.', headerEnd + 1);
  if (headerEnd === -1 || claimsEnd === -1 || token.includes('.', claimsEnd + 1))
    throw malformed('has not three parts');
  if (token.length > maxTokenBytes) {
    throw new CountersignError('token_too_large', `the token is larger than ${String(maxTokenBytes)} bytes`);
  }
  const signature = decodeSegment(token.slice(claimsEnd + 1));
  const header = headerOf(token.slice(0, headerEnd));
  // Of what no issuer may use nothing more has to be read.
  if (algorithmNamed(header.alg) === undefined)
    throw new CountersignError(
      'algorithm_not_allowed',
      'the token names an algorithm that is never accepted',
    );
  const segment = token.slice(headerEnd + 1, claimsEnd);
  const claims = readClaims(segment);
  if (claims === undefined) throw malformed('has claims that are not one strict JSON object');
  return { header, claims, signingInput: token.slice(0, claimsEnd), signature };
}

/**
 * Decodes base64url and encodes it again: Node forgives other characters and trailing bits, RFC 7515 section 2 does not.
 * @throws CountersignError `token_malformed`.
 */
export function decodeSegment(segment: string): Buffer {
  return canonical(Buffer.from(segment, 'base64url'), segment);
}

function canonical(octets: Buffer, segment: string): Buffer {
  if (octets.length === 0 || octets.toString('base64url') !== segment)
    throw malformed('is not canonical base64url');
  return octets;
}

/** Apart from the caller, so that what is refused before it makes no closure. */
function readClaims(segment: string): Claims | undefined {
  return withScratch(segment, 'base64url', (octets) => parseJsonObject(canonical(octets, segment)));
}

/** Every token by one key has the same header. */
const headers = new Memo<TokenHeader>();

function headerOf(segment: string): TokenHeader {
  const known = headers.get(segment);
  if (known !== undefined) return known;
  const octets = decodeSegment(segment);
  // The encoded text and not the segment, which is a piece of the token.
  return headers.keep(octets.toString('base64url'), readHeader(octets));
}

function readHeader(octets: Buffer): TokenHeader {
  const header = parseJsonObject(octets);
  if (header === undefined) throw malformed('has a header that is not one strict JSON object');
  const { alg, kid, typ } = header;
  if (typeof alg !== 'string') throw malformed('has no alg');
  if (typ !== undefined && typeof typ !== 'string') throw malformed('has a typ that is not a string');
  for (const parameter of REFUSED_PARAMETERS) {
    if (Object.hasOwn(header, parameter)) throw notAllowed(`holds "${parameter}"`);
  }
  if (kid !== undefined && (typeof kid !== 'string' || !KEY_ID.test(kid)))
    throw notAllowed('has a kid that is no key name');
  return { alg, kid, typ };
}

function malformed(problem: string): CountersignError {
  return new CountersignError('token_malformed', `the token ${problem}`);
}

function notAllowed(problem: string): CountersignError {
  return new CountersignError('header_not_allowed', `the token header ${problem}`);
}
