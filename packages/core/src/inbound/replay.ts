import { systemClock, type Clock } from '../clock.js';
import { CountersignError } from '../errors.js';
import { OptionsReader } from '../options.js';
import { type Authentication } from '../principal.js';

/** Remembers which single-use tokens were used. */
export interface ReplayStore {
  /**
   * Notes the use of a token. Must be atomic: of any number of calls with one key, exactly one gets `true`.
   * @param key issuer and `jti`; opaque, at most a few hundred characters.
   * @param expiresAt seconds since the epoch, until which the key must be remembered.
   */
  firstUse(key: string, expiresAt: number): Promise<boolean>;
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
  const { proofUse, singleUse } = authentication;
  if (proofUse !== undefined) await noteUse(proofUse, PROOF_FAULTS, store, now);
  if (singleUse !== undefined) await noteUse(singleUse, TOKEN_FAULTS, store, now);
}

interface UseFaults {
  readonly late: () => CountersignError;
  readonly again: () => CountersignError;
}

const TOKEN_FAULTS: UseFaults = {
  late: () => new CountersignError('token_expired', 'exp has passed since the token was validated'),
  again: () => new CountersignError('token_replayed', 'a bound token is for one request only'),
};

const PROOF_FAULTS: UseFaults = {
  late: () =>
    new CountersignError('dpop_proof_invalid', 'the DPoP proof became too old since it was checked'),
  again: () => new CountersignError('dpop_proof_replayed', 'a DPoP proof is for one request only'),
};

async function noteUse(
  use: { readonly key: string; readonly expiresAt: number },
  faults: UseFaults,
  store: ReplayStore,
  now: number,
): Promise<void> {
  if (now >= use.expiresAt) throw faults.late();
  let isFirst: unknown;
  try {
    isFirst = await store.firstUse(use.key, use.expiresAt + MARGIN_SECONDS);
  } catch (cause) {
    throw new CountersignError('replay_store_unavailable', 'the replay store failed', {
      cause,
      retryAfterSeconds: 1,
    });
  }
  // Only `true` is a first use: a store that answers something else must not let every token through.
  if (isFirst !== true) throw faults.again();
}

/** How often expired tokens are dropped, at most. */
const SWEEP_SECONDS = 1;

export interface MemoryReplayStoreOptions {
  readonly clock?: Clock;
  /** How many tokens are remembered at once. Default 100,000 (about 20 MB). */
  readonly maxEntries?: number;
}

/**
 * A replay store in this process, for a service that runs once. With several replicas each would let a token through.
 * When it is full of tokens that still live it throws: forgetting one would let it be used again.
 * @throws TypeError naming the option that cannot be.
 */
export function memoryReplayStore(options: MemoryReplayStoreOptions = {}): ReplayStore {
  const { clock = systemClock } = options;
  const read = new OptionsReader(options, 'options', ['clock', 'maxEntries']);
  const maxEntries = read.number('maxEntries', { unless: 100_000, min: 1, max: 10_000_000 });
  const uses = new Map<string, { readonly expiresAt: number; readonly endsAt: number }>();
  let sweptAt = -Infinity;

  /** Both clocks must say so: a wall clock that is set forward and back again must not bring a used token back. */
  function isOver(use: { readonly expiresAt: number; readonly endsAt: number }): boolean {
    return use.expiresAt <= clock.now() && use.endsAt <= clock.monotonic();
  }

  function sweep(): void {
    if (clock.monotonic() - sweptAt < SWEEP_SECONDS) return;
    sweptAt = clock.monotonic();
    for (const [key, use] of uses) if (isOver(use)) uses.delete(key);
  }

  return {
    firstUse(key, expiresAt) {
      const known = uses.get(key);
      if (known !== undefined && !isOver(known)) return Promise.resolve(false);
      sweep();
      if (uses.size >= maxEntries) return Promise.reject(new Error('the in-process replay store is full'));
      uses.set(key, { expiresAt, endsAt: clock.monotonic() + expiresAt - clock.now() });
      return Promise.resolve(true);
    },
  };
}
