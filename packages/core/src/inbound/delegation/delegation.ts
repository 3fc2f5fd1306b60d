import { CountersignError } from '../../errors.js';
import { type TrustedIssuer } from '../../trust/trust-store.js';
import { type ValidatedToken } from '../../token.js';
import { readActors } from '../actors.js';
import { type Awaitable } from '../../lib/awaitable.js';
import { checkProof, type Evidence, type Link, type ProofContext } from './delegation-proof.js';

/** A longer chain of actors than this is refused. */
const MAX_ACTORS = 3;

/** Who acts, and what proves it: nothing unless the trust record asks for proof. */
export interface Delegation extends Evidence {
  /** Newest first; the first is the service that minted the token. */
  readonly actors: readonly string[];
}

/**
 * Checks that the caller may speak for the subject: because the trust records let it name it, or because the caller proves
 * that it was called for it; and that no client bears the name of somebody else.
 * @throws CountersignError `delegation_not_allowed`, `delegation_unproven`, `actor_chain_too_deep`, `claim_invalid`;
 * `keys_unavailable` if the keys of a proof are unavailable.
 */
export function checkDelegation(
  token: ValidatedToken,
  issuer: TrustedIssuer,
  context: ProofContext,
): Awaitable<Delegation> {
  refuseBorrowedName(token, issuer);
  const actors = readActors(token);
  const { subject } = token;
  const speaksForOther = subject !== undefined && subject !== token.issuer;
  const mustProve = speaksForOther && issuer.actsFor === 'proven';
  // A client that speaks for itself is nobody's user: its provider names it, as it names its users.
  const isItself = isClient(token) && issuer.actsFor === 'anySubject';
  if (speaksForOther && !mustProve && !isItself && !issuer.mayName.subject(subject)) {
    const problem = `the trust records do not let ${issuer.name} act for the subject`;
    throw new CountersignError('delegation_not_allowed', problem);
  }
  if (actors.length > MAX_ACTORS) {
    throw new CountersignError('actor_chain_too_deep', `act may name ${String(MAX_ACTORS)} actors at most`);
  }
  return mustProve ? proven({ token, actors }, context) : { actors, proofs: [], provenBy: [] };
}

/**
 * The client of an identity provider bears the name that somebody registered (RFC 9068 section 5): it must not be taken for a
 * user, or for somebody else whom this service trusts.
 */
function refuseBorrowedName(token: ValidatedToken, issuer: TrustedIssuer): void {
  const { client, subject } = token;
  const { mayName, name } = issuer;
  const asClient = client === undefined ? undefined : mayName.borrowed(client, false);
  const asSubject = subject !== undefined && isClient(token) ? mayName.borrowed(subject, true) : undefined;
  const borrowed = asClient ?? asSubject;
  if (borrowed !== undefined)
    throw new CountersignError('delegation_not_allowed', `a client of ${name} bears ${borrowed}`);
}

/** Whether a client of an identity provider speaks for itself: neither a service with a token of its own nor the provider. */
function isClient({ isServiceToken, issuer, speaksForItself, subject }: ValidatedToken): boolean {
  return !isServiceToken && speaksForItself && subject !== issuer;
}

async function proven(presented: Link, context: ProofContext): Promise<Delegation> {
  return { actors: presented.actors, ...(await checkProof(presented, context)) };
}
