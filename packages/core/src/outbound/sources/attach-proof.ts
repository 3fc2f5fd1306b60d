import { DELEGATION_PROOF_HEADER, tokenHash } from '../../binding.js';
import { type Authentication } from '../../principal.js';
import { requireUser } from '../on-behalf-of.js';
import { type TokenRequest } from '../token-source.js';

/**
 * The tokens that prove that the user did call: the one that we were called with, and those that proved that one,
 * newest first.
 */
function proofsOf({ token, proofs }: Authentication): readonly string[] {
  return [token, ...proofs];
}

/** The `ath` claim of a token that comes with a proof: the hash of the newest one. */
export function proofHash(request: TokenRequest): string | undefined {
  return request.destination.delegationProof ? tokenHash(requireUser(request).token) : undefined;
}

/** The header that carries the proof, for destinations that want one. */
export function proofHeader(
  request: TokenRequest,
): readonly { readonly name: string; readonly value: string }[] {
  if (!request.destination.delegationProof) return [];
  return [{ name: DELEGATION_PROOF_HEADER, value: proofsOf(requireUser(request)).join(', ') }];
}
