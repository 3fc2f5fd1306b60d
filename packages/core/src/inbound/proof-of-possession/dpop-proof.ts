import { createHash } from 'node:crypto';
import { tokenHash } from '../../binding.js';
import { CountersignError } from '../../errors.js';
import { verifySignatureBytes } from '../../crypto/signature.js';
import { normalizeUri } from '../../lib/normalize-uri.js';
import { claim, type Claims } from '../../token.js';
import { invalidProof as invalid, readProofKey } from './dpop-key.js';
import { type DpopRules } from './dpop-options.js';
import { decodePart, splitCompactJwt } from '../compact-jwt.js';
import { parseJsonObject } from '../strict-json.js';
import { headerValues } from '../../lib/raw-headers.js';

/** What a proof is held against. */
export interface ProvenRequest {
  readonly method: string;
  /** Path and query as they stand on the request line. */
  readonly url: string;
  readonly rawHeaders: readonly string[];
  /** The token that the proof comes along with. */
  readonly token: string;
  /** The thumbprint of the key that the token is bound to. */
  readonly thumbprint: string;
  /** Seconds since the epoch. */
  readonly now: number;
  readonly clockToleranceSeconds: number;
}

/** How a proof is remembered, so that it serves one request only. */
export interface ProofUse {
  readonly key: string;
  readonly expiresAt: number;
}

const MAX_PROOF_BYTES = 4096;
const MAX_TOKEN_ID_LENGTH = 256;

/**
 * Checks the proof in the header `DPoP` (RFC 9449 section 4.3): one JWT of the type `dpop+jwt`, signed with the key in its
 * header, which is the key that the token is bound to; made for this method, this URI and this token, a moment ago.
 * Does not check that it was used only once: the answer says how to remember it.
 * @throws CountersignError `dpop_proof_missing`, `dpop_proof_invalid`, `dpop_nonce_required`.
 */
export async function checkDpopProof(request: ProvenRequest, rules: DpopRules): Promise<ProofUse> {
  const proof = readProof(onlyProof(request.rawHeaders));
  const { algorithm, key, thumbprint } = readProofKey(proof.header, rules);
  // Before the signature, so that only who has the token can make us check signatures with keys of its choice.
  if (thumbprint !== request.thumbprint)
    throw invalid('is signed with another key than the token is bound to');
  if (!(await verifySignatureBytes(algorithm, key, proof.signingInput, proof.signature)))
    throw invalid('has a signature that is not by its key');
  const tokenId = text(proof.claims, 'jti');
  if (tokenId.length > MAX_TOKEN_ID_LENGTH) throw invalid('has a jti that is too long');
  if (text(proof.claims, 'htm') !== request.method) throw invalid('is for another method');
  const target = normalizeUri(text(proof.claims, 'htu'));
  if (target === undefined || !rules.targets(request.url).includes(target))
    throw invalid(
      'is for another URI, or one with dot segments; publicUrl says at which addresses this service is called',
    );
  if (text(proof.claims, 'ath') !== tokenHash(request.token)) throw invalid('is for another token');
  const expiresAt = checkTimes(proof.claims, request, rules);
  checkNonce(claim(proof.claims, 'nonce'), rules);
  const hash = createHash('sha256').update(tokenId).digest('base64url');
  return { key: JSON.stringify(['dpop', thumbprint, hash]), expiresAt };
}

function onlyProof(rawHeaders: readonly string[]): string {
  const [proof, ...others] = headerValues(rawHeaders, 'dpop');
  if (proof === undefined)
    throw new CountersignError(
      'dpop_proof_missing',
      'the token is bound to a key: the header DPoP is missing',
    );
  if (others.length > 0) throw invalid('came more than once');
  return proof;
}

interface Proof {
  readonly header: Claims;
  readonly claims: Claims;
  readonly signingInput: string;
  readonly signature: Buffer;
}

function readProof(proof: string): Proof {
  if (proof.length > MAX_PROOF_BYTES) throw invalid(`is larger than ${String(MAX_PROOF_BYTES)} bytes`);
  const parts = splitCompactJwt(proof);
  if (parts === undefined) throw invalid('is no compact JWT');
  const [header, claims] = [parts.header, parts.claims].map(readPart);
  const signature = decodePart(parts.signature);
  if (header === undefined || claims === undefined || signature === undefined)
    throw invalid('is no compact JWT in canonical base64url and strict JSON');
  return { header, claims, signingInput: parts.signingInput, signature };
}

function readPart(part: string): Claims | undefined {
  const octets = decodePart(part);
  return octets && parseJsonObject(octets);
}

function text(claims: Claims, name: string): string {
  const value = claim(claims, name);
  if (typeof value !== 'string' || value === '') throw invalid(`has no ${name}`);
  return value;
}

/**
 * A proof need not say more than when it was made; what else it says of its time counts too.
 * @returns until when the proof could be used again.
 */
function checkTimes(claims: Claims, request: ProvenRequest, rules: DpopRules): number {
  const issuedAt = time(claims, 'iat');
  if (issuedAt === undefined) throw invalid('has no iat');
  const { now, clockToleranceSeconds: tolerance } = request;
  if (issuedAt > now + tolerance) throw invalid('was made in the future');
  if (now >= issuedAt + rules.lifetimeSeconds + tolerance) throw invalid('was made too long ago');
  const ends = time(claims, 'exp') ?? Infinity;
  if (now >= ends + tolerance) throw invalid('has expired');
  if ((time(claims, 'nbf') ?? -Infinity) > now + tolerance) throw invalid('is not valid yet');
  return Math.min(issuedAt + rules.lifetimeSeconds, ends) + tolerance;
}

function time(claims: Claims, name: string): number | undefined {
  const value = claim(claims, name);
  if (value === undefined || (typeof value === 'number' && Number.isFinite(value))) return value;
  throw invalid(`has an ${name} that is no time`);
}

function checkNonce(nonce: unknown, { nonces }: DpopRules): void {
  if (nonces === undefined || (typeof nonce === 'string' && nonces.isKnown(nonce))) return;
  throw new CountersignError('dpop_nonce_required', 'the proof must hold a nonce that was given out lately', {
    dpopNonce: nonces.current(),
  });
}
