import { bodyHash } from '../../binding.js';
import { CountersignError } from '../../errors.js';
import { type Authentication, type Principal } from '../../principal.js';

/** Whose use it is, so that a store can keep anybody from filling the memory of all. It is no part of the key. */
export interface ReplayShare {
  /** `token`: a bound token on a write. `proof`: a DPoP proof. */
  readonly kind: 'token' | 'proof';
  /** Who issued the token, or the token that the proof came with. */
  readonly issuer: string;
  /** Whom the token speaks for: its subject, else its client; at most a few hundred characters, else their hash. */
  readonly subject: string;
}

/** Remembers which single-use tokens and proofs were used. */
export interface ReplayStore {
  /**
   * Notes a use. Must be atomic: of any number of calls with one key, exactly one gets `true`.
   * @param key of the token (issuer and `jti`) or the proof; opaque, at most a few hundred characters.
   * @param expiresAt seconds since the epoch, until which the key must be remembered.
   * @param share whose use it is: a store that can be full refuses only those who fill it.
   */
  firstUse(key: string, expiresAt: number, share: ReplayShare): Promise<boolean>;
}

/** A store remembers a token for this much longer than it is accepted: its answer takes time, and its clock may differ. */
const MARGIN_SECONDS = 10;

/**
 * Lets a single-use token, and the DPoP proof of a token, through once. The last step, because it writes: a request that is refused changes nothing.
 * A token that expired since it was validated (its body came slowly) is refused: the store may have forgotten it.
 * @param now seconds since the epoch.
 * @throws CountersignError `token_replayed`, `token_expired`, `dpop_proof_replayed`, `dpop_proof_invalid`;
 * `replay_store_unavailable` when the store fails, whatever
 * its error.
 */
export async function useOnce(
  authentication: Authentication,
  store: ReplayStore,
  now: number,
): Promise<void> {
  const { principal, proofUse, singleUse } = authentication;
  if (proofUse !== undefined) await noteUse(proofUse, PROOF, principal, { store, now });
  if (singleUse !== undefined) await noteUse(singleUse, TOKEN, principal, { store, now });
}

interface UseKind {
  readonly kind: ReplayShare['kind'];
  readonly late: () => CountersignError;
  readonly again: () => CountersignError;
}

const TOKEN: UseKind = {
  kind: 'token',
  late: () => new CountersignError('token_expired', 'exp has passed since the token was validated'),
  again: () => new CountersignError('token_replayed', 'a bound token is for one request only'),
};

const PROOF: UseKind = {
  kind: 'proof',
  late: () =>
    new CountersignError('dpop_proof_invalid', 'the DPoP proof became too old since it was checked'),
  again: () => new CountersignError('dpop_proof_replayed', 'a DPoP proof is for one request only'),
};

async function noteUse(
  use: { readonly key: string; readonly expiresAt: number },
  { kind, late, again }: UseKind,
  { caller, subject, client = '' }: Principal,
  { store, now }: { readonly store: ReplayStore; readonly now: number },
): Promise<void> {
  if (now >= use.expiresAt) throw late();
  const share = { kind, issuer: caller.issuer, subject: bounded(subject ?? client) };
  let isFirst: unknown;
  try {
    isFirst = await store.firstUse(use.key, use.expiresAt + MARGIN_SECONDS, share);
  } catch (cause) {
    throw new CountersignError('replay_store_unavailable', 'the replay store failed', {
      cause,
      retryAfterSeconds: 1,
    });
  }
  // Only `true` is a first use: a store that answers something else must not let every token through.
  if (isFirst !== true) throw again();
}

const MAX_SUBJECT_LENGTH = 256;

function bounded(subject: string): string {
  return subject.length > MAX_SUBJECT_LENGTH ? bodyHash(Buffer.from(subject)) : subject;
}
