import { type ReplayShare } from './replay.js';

/**
 * How many times what is free a share may hold. So one that takes all it can gets three quarters and leaves one, a second
 * one takes less and leaves less; something is left for whoever comes next. A subject within its share likewise.
 */
const TIMES_FREE = 3;

/** What the tokens of an issuer, or the proofs that come with them, hold. */
interface Share extends Pick<ReplayShare, 'kind' | 'issuer'> {
  size: number;
  readonly holders: Map<string, Holder>;
}

/** What one subject holds of a share. */
export interface Holder {
  readonly share: Share;
  readonly subject: string;
  size: number;
}

/** A number of places, with a share for each kind of use and issuer, and within it for each subject. */
export class ReplayPlaces {
  readonly #most: number;
  readonly #mostForOne: number;
  readonly #shares = { token: new Map<string, Share>(), proof: new Map<string, Share>() };
  #taken = 0;

  /** @param mostForOne no subject gets more than this. */
  constructor(most: number, mostForOne = Infinity) {
    this.#most = most;
    this.#mostForOne = mostForOne;
  }

  /** @returns who must give the place back, once; undefined when this subject, or its share, holds too much. */
  take(whose: ReplayShare): Holder | undefined {
    const holder = this.#holderOf(whose);
    if (!this.#mayHoldMore(holder)) return undefined;
    const { share, subject } = holder;
    if (share.size++ === 0) this.#shares[share.kind].set(share.issuer, share);
    if (holder.size++ === 0) share.holders.set(subject, holder);
    this.#taken++;
    return holder;
  }

  giveBack(holder: Holder): void {
    const { share, subject } = holder;
    this.#taken--;
    if (--holder.size === 0) share.holders.delete(subject);
    if (--share.size === 0) this.#shares[share.kind].delete(share.issuer);
  }

  #holderOf({ kind, issuer, subject }: ReplayShare): Holder {
    const share = this.#shares[kind].get(issuer) ?? {
      kind,
      issuer,
      size: 0,
      holders: new Map<string, Holder>(),
    };
    return share.holders.get(subject) ?? { share, subject, size: 0 };
  }

  #mayHoldMore({ share, size }: Holder): boolean {
    const free = this.#most - this.#taken;
    // What the share may still take until it holds TIMES_FREE times what is left.
    const freeInShare = (TIMES_FREE * free - share.size) / (1 + TIMES_FREE);
    return size < Math.min(this.#mostForOne, TIMES_FREE * freeInShare);
  }
}
