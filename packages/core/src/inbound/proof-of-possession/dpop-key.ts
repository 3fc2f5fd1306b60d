import { type JsonWebKey, type KeyObject } from 'node:crypto';
import { CountersignError } from '../../errors.js';
import { algorithmNamed, keyFits, type Algorithm } from '../../crypto/algorithms.js';
import { PRIVATE_MEMBERS } from '../../jwks/key-set.js';
import { importPublicJwk, jwkThumbprint, publicJwk } from '../../crypto/jwk.js';
import { normalTokenType } from '../../trust/trust-record.js';
import { weaknessOf } from '../../crypto/weak-keys.js';
import { claim, type Claims } from '../../token.js';
import { type DpopRules } from './dpop-options.js';
import { isRecord } from '../../lib/is-record.js';

/** The key that a proof says it is signed with. */
export interface ProofKey {
  readonly algorithm: Algorithm;
  readonly key: KeyObject;
  readonly thumbprint: string;
}

const MAX_RSA_BITS = 4096;

/** Header parameters that name a key elsewhere, or change what the proof means. */
const REFUSED_PARAMETERS = ['crit', 'b64', 'zip', 'cty', 'jku', 'x5u', 'x5c', 'enc'] as const;

/**
 * Reads the header of a proof: its type, its algorithm and the key that it holds (RFC 9449 section 4.2).
 * Does not check whose key it is.
 * @throws CountersignError `dpop_proof_invalid`.
 */
export function readProofKey(header: Claims, { algorithms }: Pick<DpopRules, 'algorithms'>): ProofKey {
  const typ = claim(header, 'typ');
  if (typeof typ !== 'string' || normalTokenType(typ) !== 'dpop+jwt')
    throw invalidProof('must have typ dpop+jwt');
  const refused = REFUSED_PARAMETERS.find((parameter) => Object.hasOwn(header, parameter));
  if (refused !== undefined) throw invalidProof(`holds ${refused}`);
  const alg = claim(header, 'alg');
  const algorithm = typeof alg === 'string' ? algorithmNamed(alg) : undefined;
  if (algorithm === undefined || !algorithms.has(algorithm))
    throw invalidProof('has an alg that is not accepted');
  const jwk = claim(header, 'jwk');
  if (!isRecord(jwk)) throw invalidProof('has no jwk');
  if (PRIVATE_MEMBERS.some((member) => Object.hasOwn(jwk, member)))
    throw invalidProof('holds a private or secret key');
  if (!isForVerifying(jwk, algorithm)) throw invalidProof('has a jwk that says it is for something else');
  const key = importPublicJwk(jwk);
  if (key === undefined || !keyFits(key, algorithm) || isCostly(key))
    throw invalidProof('has a jwk that is not for its alg, or too large');
  const members = publicJwk(key);
  const weakness = weaknessOf(key, members);
  if (weakness !== undefined) throw invalidProof(`has a weak jwk: ${weakness}`);
  return { algorithm, key, thumbprint: jwkThumbprint(members) };
}

/** What a key says of its own use must not speak against this one (RFC 7517 sections 4.2 to 4.4). */
function isForVerifying(jwk: JsonWebKey, algorithm: Algorithm): boolean {
  const { alg, use, key_ops: operations } = jwk;
  if (alg !== undefined && (typeof alg !== 'string' || algorithmNamed(alg) !== algorithm)) return false;
  if (use !== undefined && use !== 'sig') return false;
  return operations === undefined || (Array.isArray(operations) && operations.includes('verify'));
}

/** A key comes with the request, and anybody may choose it: what it costs to check a signature is bounded. */
function isCostly({ asymmetricKeyDetails: details }: KeyObject): boolean {
  return (details?.modulusLength ?? 0) > MAX_RSA_BITS;
}

/** What is wrong with a proof, for the operator. */
export function invalidProof(problem: string): CountersignError {
  return new CountersignError('dpop_proof_invalid', `the DPoP proof ${problem}`);
}
