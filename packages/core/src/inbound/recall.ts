import { hash, type KeyObject } from 'node:crypto';
import { type Clock } from '../clock.js';
import { invalidOption, OptionsReader } from '../options.js';
import { type TrustedIssuer } from '../trust/trust-store.js';
import { type Identity } from '../principal.js';
import { type ValidatedToken } from '../token.js';
import { Doorkeeper } from './doorkeeper.js';

/** How many accepted tokens a verifier remembers, so that it need not check their signatures again. */
export interface RecallOptions {
  /** The maximum number of tokens. Default 8,192 (about 16 MB). */
  readonly maxTokens?: number;
}

/** A token whose signature and claims hold, and what they were held against. */
export interface CheckedToken {
  readonly token: ValidatedToken;
  readonly issuer: TrustedIssuer;
  /** The `kid` that it names, and the key that verified its signature. */
  readonly kid: string | undefined;
  readonly key: KeyObject;
}

/** What is known of a token that was accepted. */
export interface RecalledToken extends CheckedToken {
  /** Whom it speaks for, where token and trust record alone decide about that; else undefined. */
  readonly identity: Identity | undefined;
}

/** A token that was accepted, and when. */
export interface AcceptedToken {
  readonly text: string;
  /** Who presents it as a proof; undefined for whoever sends a token for itself. */
  readonly presenter?: string;
  /** Seconds since the epoch. */
  readonly now: number;
}

/**
 * A memory of accepted tokens. Holds no token: it knows them by their SHA-256. A proof is remembered for the service that
 * presents it; whoever sends a token for itself presents none, and is named by nothing.
 */
export interface Recall {
  /** What is known of a token, as long as it may be relied on: its time has not run out and its key is still published. */
  find(text: string, presenter?: string): RecalledToken | undefined;
  /**
   * Notes that a token was accepted, and remembers it when that happened before: most tokens that come once never come
   * again. One that is bound to its request is not remembered.
   */
  remember(accepted: AcceptedToken, checked: CheckedToken, identity?: Identity): void;
}

/** A token is remembered until it expires, and for no longer than this. */
const MAX_SECONDS = 60;

/** The texts of all remembered tokens together: this much for each that may be remembered. */
const TEXT_PER_TOKEN = 1024;

const FORGETFUL: Recall = { find: () => undefined, remember: () => undefined };

/**
 * Makes the memory that the option `recall` asks for.
 * @throws TypeError naming the option.
 */
export function createRecall(value: unknown, clock: Clock): Recall {
  if (value === false) return FORGETFUL;
  if (value === true) throw invalidOption('recall', 'must be false or an object; it is on by default');
  const read = new OptionsReader(value ?? {}, 'recall', ['maxTokens']);
  return new RecentTokens(read.number('maxTokens', { fallback: 8192, min: 2, max: 1_000_000 }), clock);
}

interface Entry extends RecalledToken {
  readonly length: number;
  /** In seconds of the monotonic clock. */
  readonly endsAt: number;
}

/**
 * Two generations: new tokens enter the young one, and when that is full it becomes the old one, and the old one is
 * dropped as a whole. A token that is used again enters anew, so that those in use outlive a flood of others.
 */
class RecentTokens implements Recall {
  readonly #clock: Clock;
  readonly #maxTokens: number;
  readonly #doorkeeper: Doorkeeper;
  #young = new Map<string, Entry>();
  #old = new Map<string, Entry>();
  #youngText = 0;
  #turnsAt: number;

  constructor(maxTokens: number, clock: Clock) {
    this.#clock = clock;
    this.#maxTokens = Math.floor(maxTokens / 2);
    this.#doorkeeper = new Doorkeeper(maxTokens);
    this.#turnsAt = clock.monotonic() + MAX_SECONDS;
  }

  find(text: string, presenter?: string): RecalledToken | undefined {
    if (!this.#doorkeeper.has(text)) return undefined;
    const name = nameOf(text, presenter);
    const entry = this.#young.get(name) ?? this.#outOfOld(name);
    if (entry === undefined || this.#clock.monotonic() >= entry.endsAt) return undefined;
    const { issuer, key, kid } = entry;
    // Asked every time: the refresh of the key set goes on, and another set has other key objects, also of the same keys.
    return issuer.keys.isCurrent(kid, key) ? entry : undefined;
  }

  remember({ text, presenter, now }: AcceptedToken, checked: CheckedToken, identity?: Identity): void {
    const { token, issuer, kid, key } = checked;
    const seconds = Math.min(MAX_SECONDS, token.expiresAt - now);
    // One that is good for one request, or for one client, is checked in full every time.
    if (seconds <= 0 || token.binding !== undefined) return;
    if (!this.#doorkeeper.has(text)) {
      this.#doorkeeper.add(text);
      return;
    }
    const endsAt = this.#clock.monotonic() + seconds;
    this.#add(nameOf(text, presenter), { token, issuer, kid, key, identity, length: text.length, endsAt });
  }

  #outOfOld(name: string): Entry | undefined {
    const entry = this.#old.get(name);
    if (entry !== undefined) this.#add(name, entry);
    return entry;
  }

  #add(name: string, entry: Entry): void {
    const text = this.#youngText + entry.length;
    const isFull = this.#young.size >= this.#maxTokens || text > this.#maxTokens * TEXT_PER_TOKEN;
    if (isFull || this.#clock.monotonic() >= this.#turnsAt) this.#turn();
    this.#youngText += entry.length;
    this.#young.set(name, entry);
  }

  /** Also when the oldest of the young must have run out, so that a quiet service does not keep what it cannot use. */
  #turn(): void {
    this.#old = this.#young;
    this.#young = new Map();
    this.#youngText = 0;
    this.#turnsAt = this.#clock.monotonic() + MAX_SECONDS;
  }
}

function nameOf(text: string, presenter: string | undefined): string {
  const name = hash('sha256', text, 'base64url');
  return presenter === undefined ? name : `${name} ${presenter}`;
}
