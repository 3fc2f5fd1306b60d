import { CountersignError } from '../errors.js';
import { namesSubject } from '../keys/acts-for.js';
import { type TrustedIssuer } from '../keys/trust-store.js';
import { type ValidatedToken } from '../token.js';
import { readActors } from './actors.js';
import { type Awaitable } from '../awaitable.js';
import { checkProof, type Evidence, type Link, type ProofContext } from './delegation-proof.js';

/** A longer chain of actors than this is refused. */
const MAX_ACTORS = 3;

/** Who acts, and what proves it: nothing unless the trust record asks for proof. */
export interface Delegation extends Evidence {
  /** Newest first; the first is the service that minted the token. */
  readonly actors: readonly string[];
}

/**
 * Checks that the caller may speak for the subject: because the trust record names it, or because the caller proves that
 * it was called for it.
 * @throws CountersignError `delegation_not_allowed`, `delegation_unproven`, `actor_chain_too_deep`, `claim_invalid`;
 * `keys_unavailable` when a proof's keys cannot be had.
 */
export function checkDelegation(
  token: ValidatedToken,
  issuer: TrustedIssuer,
  context: ProofContext,
): Awaitable<Delegation> {
  const actors = readActors(token);
  const { subject } = token;
  const speaksForOther = subject !== undefined && subject !== token.issuer;
  const mustProve = speaksForOther && issuer.actsFor === 'proven';
  if (speaksForOther && !mustProve && !namesSubject(issuer.actsFor, subject)) {
    const problem = `the trust record of ${issuer.name} does not let it act for the subject`;
    throw new CountersignError('delegation_not_allowed', problem);
  }
  if (actors.length > MAX_ACTORS) {
    throw new CountersignError('actor_chain_too_deep', `act may name ${String(MAX_ACTORS)} actors at most`);
  }
  return mustProve ? proven({ token, actors }, context) : { actors, proofs: [], provenBy: [] };
}

async function proven(presented: Link, context: ProofContext): Promise<Delegation> {
  return { actors: presented.actors, ...(await checkProof(presented, context)) };
}
