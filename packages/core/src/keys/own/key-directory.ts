import { type Clock } from '../../clock.js';
import { type SigningAlgorithm } from '../own-key.js';
import { type KeyChange, type KeyOverlap, type KeyRotation, type KeyStep } from './key-record.js';

export interface KeyDirectoryOptions {
  readonly directory: string;
  /** The longer of this and what the directory itself records counts. Default 300 each. */
  readonly overlap?: Partial<KeyOverlap>;
  /** Lets users other than this one and its group read the private keys. Default false. */
  readonly allowOthersToReadKeys?: boolean;
  readonly clock?: Clock;
}

/** A directory of our own keys as it is. */
export interface KeyDirectoryState extends KeyRotation {
  readonly directory: string;
  /** The generation of the manifest; 0 for a directory that has none yet. */
  readonly generation: number;
  /** What is safe next, and when. */
  readonly next: KeyStep;
}

/** The same after a command, with what the command changed. */
export interface KeyDirectoryChange extends KeyDirectoryState {
  /** Empty when there was nothing to do. */
  readonly changed: readonly KeyChange[];
}

/** Something that is wrong with a key directory. Names files, and nothing of a key. */
export interface KeyProblem {
  /** `error`: a service would not start from it. `warning`: something that does not belong there. */
  readonly severity: 'error' | 'warning';
  readonly path: string;
  /** What is wrong, and what mends it. */
  readonly problem: string;
}

/**
 * Rotates our own keys in a directory that running services read. Each command is one step that takes place as a whole or
 * not at all; of two commands at once the later decides again by what the earlier did. Refusals are `CountersignError`:
 * `rotation_too_early`, with `notBefore`; `rotation_not_possible`.
 */
export interface KeyDirectory {
  /** In an empty directory there are no keys, and `next` is `prepare`. @throws TypeError for one that cannot be read. */
  read(): Promise<KeyDirectoryState>;
  /**
   * Makes a key and publishes it; nothing when one is pending. Default algorithm: that of the active key, or ES256.
   * The first key of an empty directory is active at once: nobody can know another.
   */
  prepare(options?: { readonly algorithm?: SigningAlgorithm }): Promise<KeyDirectoryChange>;
  /** Lets a pending key sign, the oldest unless named; the one that signed is retiring from then on. */
  activate(options?: { readonly keyId?: string; readonly force?: boolean }): Promise<KeyDirectoryChange>;
  /** Takes retiring keys out: one, or all whose tokens have expired. */
  retire(options?: { readonly keyId?: string; readonly force?: boolean }): Promise<KeyDirectoryChange>;
  /** Takes any key out at once. For the one that signs, the oldest pending key or a new one signs instead. */
  revoke(options: { readonly keyId: string }): Promise<KeyDirectoryChange>;
  /** Takes every step that is due, so that another key signs every `everySeconds`. */
  rotate(options: { readonly everySeconds: number }): Promise<KeyDirectoryChange>;
  /** Lists what is wrong; never throws because of what it finds. */
  check(): Promise<readonly KeyProblem[]>;
}

/**
 * Opens a directory of our own keys for commands. Reads and makes nothing yet.
 * @throws TypeError `config_invalid` for an option that cannot be.
 */
export async function openKeyDirectory(options: KeyDirectoryOptions): Promise<KeyDirectory> {
  throw new Error(`not there yet: ${options.directory}`);
}
