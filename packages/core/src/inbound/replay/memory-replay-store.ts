import { systemClock, type Clock } from '../../clock.js';
import { OptionsReader } from '../../options.js';
import { ReplayPlaces, type Holder } from './replay-places.js';
import { type ReplayShare, type ReplayStore } from './replay.js';

/** The options of `memoryReplayStore`. */
export interface MemoryReplayStoreOptions {
  readonly clock?: Clock;
  /** The maximum number of uses to remember. Default 200,000 (50 MB, or 90 MB if each has a different subject). */
  readonly maxEntries?: number;
}

/** How often uses that are over are dropped, at most. */
const SWEEP_SECONDS = 1;

/**
 * A quarter of the memory is for the first uses of each subject, the rest for those who need more: where somebody of the same
 * issuer has taken all that he can get, others still get this.
 */
const PART_FOR_FIRST_USES = 1 / 4;
/** So many are the first ones, as a part of the whole: 100 of 200,000. */
const FIRST_USES = 1 / 2000;

interface Use {
  readonly places: ReplayPlaces;
  readonly holder: Holder;
  readonly expiresAt: number;
  readonly endsAt: number;
}

/**
 * Creates a replay store in the memory of this process, the default of `createVerifier`.
 *
 * Use it only for a service with a single replica: each replica would accept the same token once. When it is full of uses that
 * have not expired, it refuses new ones rather than forgetting old ones. Each kind of use, issuer and subject has a share, so
 * one busy subject is refused long before others are.
 * @throws TypeError naming the option that is not valid.
 */
export function memoryReplayStore(options: MemoryReplayStoreOptions = {}): ReplayStore {
  const { clock = systemClock } = options;
  const read = new OptionsReader(options, 'options', ['clock', 'maxEntries']);
  const maxEntries = Math.floor(read.number('maxEntries', { fallback: 200_000, min: 1, max: 10_000_000 }));
  const forFirstUses = Math.floor(maxEntries * PART_FOR_FIRST_USES);
  const firstUses = new ReplayPlaces(forFirstUses, Math.ceil(maxEntries * FIRST_USES));
  const furtherUses = new ReplayPlaces(maxEntries - forFirstUses);
  const uses = new Map<string, Use>();
  let sweptAt = -Infinity;

  function forget(key: string, { places, holder }: Use): void {
    places.giveBack(holder);
    uses.delete(key);
  }

  function sweep(now: number, monotonic: number): void {
    if (monotonic - sweptAt < SWEEP_SECONDS) return;
    sweptAt = monotonic;
    for (const [key, use] of uses) if (isOver(use, now, monotonic)) forget(key, use);
  }

  return {
    firstUse(key, expiresAt, share) {
      const now = clock.now();
      const monotonic = clock.monotonic();
      const known = uses.get(key);
      if (known !== undefined) {
        if (!isOver(known, now, monotonic)) return Promise.resolve(false);
        forget(key, known);
      }
      sweep(now, monotonic);
      for (const places of [firstUses, furtherUses]) {
        const holder = places.take(share);
        if (holder === undefined) continue;
        uses.set(key, { places, holder, expiresAt, endsAt: monotonic + expiresAt - now });
        return Promise.resolve(true);
      }
      return Promise.reject(isFull(share));
    },
  };
}

/** Both clocks must say so: a wall clock that is set forward and back again must not bring a used token back. */
function isOver({ expiresAt, endsAt }: Use, now: number, monotonic: number): boolean {
  return expiresAt <= now && endsAt <= monotonic;
}

/** The subject is the value of a claim, and is not said. */
function isFull({ kind, issuer }: ReplayShare): Error {
  return new Error(`the in-process replay store is full for this subject, or for every ${kind} of ${issuer}`);
}
