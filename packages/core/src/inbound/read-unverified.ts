import { CountersignError } from '../errors.js';
import { algorithmNamed } from '../crypto/algorithms.js';
import { withScratch } from '../lib/scratch-buffer.js';
import { type Claims, type TokenHeader, type UnverifiedToken } from '../token.js';
import { Memo } from '../lib/bounded-map.js';
import { decodePart, isCanonical, splitCompactJwt } from './compact-jwt.js';
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
  const parts = splitCompactJwt(token);
  if (parts === undefined) throw malformed('has not three parts');
  if (token.length > maxTokenBytes) {
    throw new CountersignError('token_too_large', `the token is larger than ${String(maxTokenBytes)} bytes`);
  }
  const signature = decode(parts.signature);
  const header = headerOf(parts.header);
  // Of what no issuer may use nothing more has to be read.
  if (algorithmNamed(header.alg) === undefined)
    throw new CountersignError(
      'algorithm_not_allowed',
      'the token names an algorithm that is never accepted',
    );
  const claims = readClaims(parts.claims);
  if (claims === undefined) throw malformed('has claims that are not one strict JSON object');
  return { header, claims, signingInput: parts.signingInput, signature };
}

function decode(part: string): Buffer {
  const octets = decodePart(part);
  if (octets === undefined) throw notCanonical();
  return octets;
}

/** Apart from the caller, so that what is refused before it makes no closure. */
function readClaims(part: string): Claims | undefined {
  return withScratch(part, 'base64url', (octets) => {
    if (!isCanonical(octets, part)) throw notCanonical();
    return parseJsonObject(octets);
  });
}

/** Every token by one key has the same header. */
const headers = new Memo<TokenHeader>();

function headerOf(part: string): TokenHeader {
  const known = headers.get(part);
  if (known !== undefined) return known;
  const octets = decode(part);
  // The encoded text and not the part, which is a piece of the token.
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

function notCanonical(): CountersignError {
  return malformed('is not canonical base64url');
}

function notAllowed(problem: string): CountersignError {
  return new CountersignError('header_not_allowed', `the token header ${problem}`);
}
