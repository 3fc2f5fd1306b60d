import { bodyHash } from '../../body-hash.js';
import { CountersignError } from '../../errors.js';
import { type Authentication, type Principal } from '../../principal.js';

/** Who used a token or proof. A store can limit the memory of each by it. It is not part of the key. */
export interface ReplayShare {
  /** `token`: a bound token on a write. `proof`: a DPoP proof. */
  readonly kind: 'token' | 'proof';
  /** The issuer of the token, or of the token that the proof came with. */
  readonly issuer: string;
  /** The subject of the token, or its client if it has none. A long value is replaced by its hash. */
  readonly subject: string;
}

/** Records which single-use tokens and proofs were used. Implement it for a store that several replicas share. */
export interface ReplayStore {
  /**
   * Records a use, and returns whether it is the first. Must be atomic: of concurrent calls with the same key, exactly one
   * returns `true`.
   * @param key Identifies the token (issuer and `jti`) or the proof. Opaque, at most a few hundred characters.
   * @param expiresAt Until when the key must be remembered, in seconds since the epoch.
   * @param share Who used it: a store of limited size should refuse only those who fill it.
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
