import { type SigningAlgorithm } from '../../signing-keys/signing-key.js';

/**
 * Where one of our own keys stands in its life: `pending` is published and does not sign yet, `active` signs, `retiring` is
 * published because tokens by it may be alive, `gone` is no longer published and its file is deleted.
 */
export type KeyState = 'pending' | 'active' | 'retiring' | 'gone';

/** One of our own keys, without the key itself. Times are seconds since the epoch. */
export interface KeyRecord {
  /** The RFC 7638 thumbprint of the public key. */
  readonly keyId: string;
  readonly algorithm: SigningAlgorithm;
  /** The name of its file in the directory; that of a `gone` key does not exist any more. */
  readonly file: string;
  readonly state: KeyState;
  /** Published since. */
  readonly preparedAt: number;
  /** Signing since; undefined for a key that never signed. */
  readonly activatedAt: number | undefined;
  /** Not signing any more since. */
  readonly retiringAt: number | undefined;
  /** Not published any more since. */
  readonly goneAt: number | undefined;
  /** Why it was revoked, where somebody said so. */
  readonly reason?: string | undefined;
}

/** How long keys must overlap, so that nobody notices a rotation. */
export interface KeyOverlap {
  /** How long verifiers may keep our public keys: what `Cache-Control` says beside them. */
  readonly verifierCacheSeconds: number;
  /** The longest life of a token that we sign. */
  readonly longestTokenSeconds: number;
}

/** What a rotation needs next. */
export interface KeyStep {
  readonly action: 'prepare' | 'activate' | 'retire';
  /** Undefined for `prepare`: there is no key yet. */
  readonly keyId: string | undefined;
  /** Seconds since the epoch, from which on it is safe. May be in the past. */
  readonly notBefore: number;
}

/** What has happened to one key. */
export interface KeyChange {
  readonly keyId: string;
  /** The state that it had; undefined for a new key. */
  readonly from: KeyState | undefined;
  readonly to: KeyState;
}

/** All of our own keys at one moment. */
export interface KeyRotation {
  /** In the order in which they were made; `gone` ones are the history, the last 20. */
  readonly keys: readonly KeyRecord[];
  readonly overlap: KeyOverlap;
}

/** How long verifiers keep our public keys unless told otherwise. */
export const DEFAULT_VERIFIER_CACHE_SECONDS = 300;

export const DEFAULT_OVERLAP: KeyOverlap = {
  verifierCacheSeconds: DEFAULT_VERIFIER_CACHE_SECONDS,
  longestTokenSeconds: 300,
};

/** A verifier keeps a set for a minute at least, and we mint tokens of 300 s: shorter overlaps would not be true. */
export const OVERLAP_RANGES = {
  verifierCacheSeconds: { min: 60, max: 86_400 },
  longestTokenSeconds: { min: 300, max: 604_800 },
} as const;

/** Why a key was revoked: one line, which may be printed on a terminal. */
export const REVOCATION_REASON = /^\P{C}{1,200}$/u;
