import { type CountersignError, type FaultCode } from '../../errors.js';
import { type AnnouncedDpop } from '../../inbound/verifier.js';

/** What a `WWW-Authenticate` challenge says beside the fault. */
export interface ChallengeOptions {
  /** How the refused request sent its token. Default `Bearer`. */
  readonly scheme?: 'Bearer' | 'DPoP';
  /** `dpop` of the verifier. Default: no challenge asks for DPoP, unless the fault is about it. */
  readonly dpop?: AnnouncedDpop;
  /** Where the metadata of this service is (RFC 9728 section 5.1). */
  readonly resourceMetadata?: string;
}

/** The faults that only a client with DPoP can fix, and their error codes in RFC 9449 section 7.1. */
const DPOP_ERRORS: ReadonlyMap<FaultCode, string> = new Map<FaultCode, string>([
  ['token_not_bound', 'invalid_token'],
  ['dpop_proof_missing', 'invalid_token'],
  ['dpop_proof_invalid', 'invalid_dpop_proof'],
  ['dpop_proof_replayed', 'invalid_dpop_proof'],
  ['dpop_nonce_required', 'use_dpop_nonce'],
]);

/** Asks the client for another token, or another proof (RFC 6750 section 3, RFC 9449 section 7.1). */
export function challengeHeaders(
  fault: CountersignError,
  realm: string,
  error: Readonly<Record<string, string>>,
  options: ChallengeOptions,
): Readonly<Record<string, string>> {
  const { scheme = 'Bearer', dpop, resourceMetadata } = options;
  const where = { realm, ...(resourceMetadata !== undefined && { resource_metadata: resourceMetadata }) };
  const algorithms = {
    ...(dpop !== undefined && dpop.algorithms.length > 0 && { algs: dpop.algorithms.join(' ') }),
  };
  const dpopError = DPOP_ERRORS.get(fault.code);
  const challenges: string[] = [];
  if (dpopError !== undefined)
    challenges.push(challenge('DPoP', { ...where, error: dpopError, ...algorithms }));
  else if (scheme === 'DPoP' || dpop?.isRequired === true)
    challenges.push(challenge('DPoP', { ...where, ...error, ...algorithms }));
  else {
    challenges.push(challenge('Bearer', { ...where, ...error }));
    if (dpop?.isAnnounced === true) challenges.push(challenge('DPoP', { ...where, ...algorithms }));
  }
  return {
    'WWW-Authenticate': challenges.join(', '),
    ...(fault.dpopNonce !== undefined && { 'DPoP-Nonce': fault.dpopNonce }),
  };
}

function challenge(scheme: string, attributes: Readonly<Record<string, string>>): string {
  const all = Object.entries(attributes).map(([name, value]) => `${name}="${quotable(value)}"`);
  return `${scheme} ${all.join(', ')}`;
}

/** What RFC 6750 section 3 lets stand between quotes; the rest is left out. */
function quotable(value: string): string {
  return value.replace(/[^\x20\x21\x23-\x5B\x5D-\x7E]/g, '');
}
