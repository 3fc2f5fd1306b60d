import { DELEGATION_PROOF_HEADER, tokenHash } from '../../binding.js';
import { CountersignError } from '../../errors.js';
import { type TrustedIssuer, type TrustStore } from '../../trust/trust-store.js';
import { claim, letsAct, type ValidatedToken } from '../../token.js';
import { readActors } from '../actors.js';
import { readUnverified } from '../read-unverified.js';
import { type CheckedToken, type Recall } from '../recall.js';
import { checkTimes, validateClaims } from '../validate-claims.js';
import { verifySignature } from '../verify-signature.js';
import { headerValues } from '../../lib/raw-headers.js';

/** What proofs are read from and held against. */
export interface ProofContext {
  readonly rawHeaders: readonly string[];
  readonly trust: TrustStore;
  readonly recall: Recall;
  /** Seconds since the epoch. */
  readonly now: number;
  readonly maxTokenBytes: number;
}

/** A token of the chain, and who acts in it. */
export interface Link {
  readonly token: ValidatedToken;
  readonly actors: readonly string[];
}

/** What proves a delegation. */
export interface Evidence {
  /** The tokens, newest first. */
  readonly proofs: readonly string[];
  /** Who signed them, in the same order. */
  readonly provenBy: readonly TrustedIssuer[];
}

/** A proof that was read, and how it is remembered once the whole request is accepted. */
interface Proof extends Link {
  readonly issuer: TrustedIssuer;
  readonly isOrigin: boolean;
  readonly remember: () => void;
}

const MAX_PROOFS = 3;

/**
 * Checks that a caller was itself called for the subject. The header `Delegation-Proof` holds the token that it was
 * called with, then the token that proved that one, newest first; each is evidence for the one before it.
 *
 * A proof counts when its hash is the `ath` of the token before it, a trusted issuer signed it for the service that
 * presents it, it has not expired, and subject, transaction, actors, scopes, roles and expiry did not grow on the way. The
 * last must come from an issuer whose trust record names the subject, and be for a user: who speaks for itself is none.
 * Where a proof says who may act for its subject (`may_act`, RFC 8693 section 4.4), that is the service that presents it.
 * Does not check the binding of a proof to its own request, nor that it was used only once: it was, elsewhere.
 * Signatures and claims of proofs that were accepted before are recalled.
 *
 * @throws CountersignError `delegation_unproven`; `delegation_not_allowed` by `may_act`; `keys_unavailable` if the keys of
 * a proof's issuer are unavailable.
 */
export async function checkProof(presented: Link, context: ProofContext): Promise<Evidence> {
  const proofs = readProofs(context.rawHeaders);
  const links: Proof[] = [];
  let before = presented;
  for (const [index, proof] of proofs.entries()) {
    const link = await readProof(proof, before, context);
    refuseGrowth(before, link);
    links.push(link);
    before = link;
    if (link.isOrigin !== (index === proofs.length - 1)) {
      throw unproven(
        'the chain of proofs must end with the first issuer whose trust record names the subject',
      );
    }
  }
  for (const link of links) link.remember();
  return { proofs, provenBy: links.map(({ issuer }) => issuer) };
}

async function readProof(proof: string, before: Link, context: ProofContext): Promise<Proof> {
  if (claim(before.token.claims, 'ath') !== tokenHash(proof))
    throw unproven('ath is not the hash of the proof');
  try {
    // A proof is good for one presenter only, and not good as a token: so it is remembered for the one that presents it.
    const audience = before.token.issuer;
    const recalled = context.recall.find(proof, audience);
    if (recalled !== undefined) checkTimes(recalled.token, recalled.issuer, context.now);
    const checked = recalled ?? (await checkProofToken(proof, audience, context));
    const { issuer, token } = checked;
    const { subject } = token;
    return {
      token,
      issuer,
      actors: readActors(token),
      isOrigin: subject !== undefined && issuer.mayName.subject(subject),
      remember: () => {
        if (recalled === undefined)
          context.recall.remember({ text: proof, presenter: audience, now: context.now }, checked);
      },
    };
  } catch (error) {
    if (!(error instanceof CountersignError) || error.kind !== 'unauthenticated') throw error;
    throw unproven(`a proof is not good: ${error.code}`);
  }
}

async function checkProofToken(
  proof: string,
  audience: string,
  context: ProofContext,
): Promise<CheckedToken> {
  const { maxTokenBytes, now, trust } = context;
  const unverified = readUnverified(proof, maxTokenBytes);
  const issuer = trust.evidence(claim(unverified.claims, 'iss'));
  const { kid } = unverified.header;
  const signed = await verifySignature(unverified, issuer);
  const token = validateClaims(signed, issuer, { audience, now, acceptTokensFromSelf: false });
  return { token, issuer, kid, key: signed.key };
}

/** What the caller signed must follow from what it was called with. */
function refuseGrowth(later: Link, earlier: Link): void {
  const { token } = later;
  if (token.subject !== earlier.token.subject) throw unproven('the proof is for another subject');
  if (earlier.token.speaksForItself)
    throw unproven('the proof is of a service that acts for itself, without a user');
  if (token.expiresAt > earlier.token.expiresAt) throw unproven('the token outlives its proof');
  if (!token.scopes.every((scope) => earlier.token.scopes.includes(scope))) {
    throw unproven('the token has a scope that its proof has not');
  }
  if (!token.roles.every((role) => earlier.token.roles.includes(role))) {
    throw unproven('the token has a role that its proof has not');
  }
  const { transactionId } = earlier.token;
  if (transactionId !== undefined && token.transactionId !== transactionId) throw unproven('txn was changed');
  const isNextActor = later.actors.length === earlier.actors.length + 1;
  if (!isNextActor || !earlier.actors.every((actor, index) => later.actors[index + 1] === actor)) {
    throw unproven('act does not follow from the proof');
  }
  if (!letsAct(earlier.token.mayAct, token.issuer)) {
    throw new CountersignError('delegation_not_allowed', 'may_act of the proof names another actor');
  }
}

function readProofs(rawHeaders: readonly string[]): readonly string[] {
  const [value, ...others] = headerValues(rawHeaders, DELEGATION_PROOF_HEADER.toLowerCase());
  if (value === undefined) throw unproven(`the header ${DELEGATION_PROOF_HEADER} is missing`);
  const proofs = value.split(',').map((proof) => proof.trim());
  if (others.length > 0 || proofs.length > MAX_PROOFS) {
    throw unproven(
      `${DELEGATION_PROOF_HEADER} must be sent once and hold ${String(MAX_PROOFS)} tokens at most`,
    );
  }
  return proofs;
}

function unproven(problem: string): CountersignError {
  return new CountersignError('delegation_unproven', problem);
}
