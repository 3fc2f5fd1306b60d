import { type SigningAlgorithm } from '../../signing-keys/signing-key.js';

/**
 * The state of a key of this service. `pending`: published, does not sign yet. `active`: signs. `retiring`: published, because
 * tokens that it signed may still be valid. `gone`: no longer published, its file is deleted.
 */
export type KeyState = 'pending' | 'active' | 'retiring' | 'gone';

/** A record of a key of this service, without key material. Times are in seconds since the epoch. */
export interface KeyRecord {
  /** The RFC 7638 thumbprint of the public key. */
  readonly keyId: string;
  readonly algorithm: SigningAlgorithm;
  /** The name of its file in the directory. The file of a `gone` key no longer exists. */
  readonly file: string;
  readonly state: KeyState;
  /** When it was published. */
  readonly preparedAt: number;
  /** When it began to sign. Undefined for a key that never signed. */
  readonly activatedAt: number | undefined;
  /** When it stopped signing. */
  readonly retiringAt: number | undefined;
  /** When it was withdrawn. */
  readonly goneAt: number | undefined;
  /** Why it was revoked, if a reason was given. */
  readonly reason?: string | undefined;
}

/** How long old and new keys must overlap, so that no token is refused during a rotation. */
export interface KeyOverlap {
  /** How long verifiers may cache the public keys: the `max-age` of the key set. */
  readonly verifierCacheSeconds: number;
  /** The longest lifetime of a token that this service signs. */
  readonly longestTokenSeconds: number;
}

/** The next step of a rotation. */
export interface KeyStep {
  readonly action: 'prepare' | 'activate' | 'retire';
  /** Undefined for `prepare`, because there is no key yet. */
  readonly keyId: string | undefined;
  /** When the step becomes safe, in seconds since the epoch. May be in the past. */
  readonly notBefore: number;
}

/** A change of the state of a key. */
export interface KeyChange {
  readonly keyId: string;
  /** The previous state. Undefined for a new key. */
  readonly from: KeyState | undefined;
  readonly to: KeyState;
}

/** The keys of this service at one moment. */
export interface KeyRotation {
  /** In order of creation. Includes the last 20 that are `gone`. */
  readonly keys: readonly KeyRecord[];
  readonly overlap: KeyOverlap;
}

/** The default of `verifierCacheSeconds`. */
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
