import { CountersignError } from '../errors.js';
import { algorithmNamed, keyFits, type Algorithm } from '../keys/algorithms.js';
import { type VerificationKey } from '../keys/key-set.js';
import { verifySignatureBytes } from '../keys/signature.js';
import { type TrustedIssuer } from '../keys/trust-store.js';
import { SERVICE_TOKEN_TYPE, type SignedToken, type UnverifiedToken } from '../token.js';

/**
 * Verifies the signature with a key of the trusted issuer, on OpenSSL, off the event loop (RFC 7515 section 5.2).
 * The maker of a SignedToken, beside introspection. Validates no claim: not even that the token names this issuer.
 * @throws CountersignError `algorithm_not_allowed`, `header_not_allowed`, `key_unknown`, `signature_invalid`;
 * `keys_unavailable` when the issuer's keys cannot be had.
 */
export async function verifySignature(token: UnverifiedToken, issuer: TrustedIssuer): Promise<SignedToken> {
  const algorithm = allowedAlgorithm(token.header.alg, issuer);
  if (token.header.kid === undefined && issuer.tokenType === SERVICE_TOKEN_TYPE) {
    throw new CountersignError('header_not_allowed', 'a service token must name its key: kid is missing');
  }
  const key = await issuer.keys.find(token.header.kid);
  if (key === undefined) {
    throw new CountersignError('key_unknown', `no key of ${issuer.name} has the kid of the token`);
  }
  refuseMisuse(key, algorithm);
  if (!(await verifySignatureBytes(algorithm, key.key, token.signingInput, token.signature)))
    throw invalid(issuer);
  const { header, claims } = token;
  const caller = { name: issuer.name, issuer: issuer.issuer };
  return { caller, keyId: key.keyId, header, claims } as SignedToken;

  /** Each key is used with exactly one algorithm, whatever the header says (RFC 8725 section 3.1). */
  function refuseMisuse(used: VerificationKey, named: Algorithm): void {
    if (used.algorithm !== undefined && !keyFits(used.key, named)) throw invalid(issuer);
    if (used.algorithm !== named) {
      throw new CountersignError(
        'algorithm_not_allowed',
        `the key of ${issuer.name} is for another algorithm`,
      );
    }
  }
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
