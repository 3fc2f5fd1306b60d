import { CountersignError } from '../errors.js';
import { algorithmNamed, keyFits, type Algorithm } from '../crypto/algorithms.js';
import { type VerificationKey } from '../jwks/key-set.js';
import { verifySignatureBytes } from '../crypto/signature.js';
import { type TrustedIssuer } from '../trust/trust-store.js';
import { SERVICE_TOKEN_TYPE, type KeySignedToken, type UnverifiedToken } from '../token.js';
import { whenReady, type Awaitable } from '../lib/awaitable.js';

/**
 * Verifies the signature with a key of the trusted issuer, on OpenSSL (RFC 7515 section 5.2).
 * Makes a SignedToken, as introspection does for opaque tokens. Validates no claim: not even that the token names this issuer.
 * @returns a promise when the keys, or a signature that takes long, have to be waited for.
 * @throws CountersignError `algorithm_not_allowed`, `header_not_allowed`, `key_unknown`, `signature_invalid`;
 * `keys_unavailable` if the issuer's keys are unavailable.
 */
export function verifySignature(token: UnverifiedToken, issuer: TrustedIssuer): Awaitable<KeySignedToken> {
  const algorithm = allowedAlgorithm(token.header.alg, issuer);
  if (token.header.kid === undefined && issuer.tokenType === SERVICE_TOKEN_TYPE) {
    throw new CountersignError('header_not_allowed', 'a service token must name its key: kid is missing');
  }
  return whenReady(issuer.keys.find(token.header.kid), (key) => {
    if (key !== undefined) return verifyWith(key, algorithm, token, issuer);
    throw new CountersignError('key_unknown', `no key of ${issuer.name} has the kid of the token`);
  });
}

function verifyWith(
  used: VerificationKey,
  algorithm: Algorithm,
  { header, claims, signingInput, signature }: UnverifiedToken,
  issuer: TrustedIssuer,
): Awaitable<KeySignedToken> {
  refuseMisuse(used, algorithm, issuer);
  const { key, keyId } = used;
  return whenReady(verifySignatureBytes(algorithm, key, signingInput, signature), (isValid) => {
    if (!isValid) throw invalid(issuer);
    return { caller: issuer.caller, keyId, key, header, claims } as KeySignedToken;
  });
}

/** Each key is used with exactly one algorithm, whatever the header says (RFC 8725 section 3.1). */
function refuseMisuse(used: VerificationKey, named: Algorithm, issuer: TrustedIssuer): void {
  if (used.algorithm === named) return;
  if (used.algorithm !== undefined && !keyFits(used.key, named)) throw invalid(issuer);
  throw new CountersignError('algorithm_not_allowed', `the key of ${issuer.name} is for another algorithm`);
}

function allowedAlgorithm(name: string, issuer: TrustedIssuer): Algorithm {
  const algorithm = algorithmNamed(name);
  if (algorithm === undefined || !issuer.algorithms.includes(algorithm)) {
    throw new CountersignError(
      'algorithm_not_allowed',
      `the trust record of ${issuer.name} does not list the algorithm`,
    );
  }
  return algorithm;
}

function invalid(issuer: TrustedIssuer): CountersignError {
  return new CountersignError('signature_invalid', `the signature is not by the key of ${issuer.name}`);
}
