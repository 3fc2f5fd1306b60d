import { systemClock, type Clock } from '../../clock.js';
import { invalidOption, OptionsReader } from '../../options.js';
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from '../../signing-keys/signing-key.js';
import { checkDirectory } from './check-directory.js';
import { type KeyProblem } from './file-errors.js';
import { makeDirectory } from './files.js';
import {
  REVOCATION_REASON,
  type KeyChange,
  type KeyOverlap,
  type KeyRotation,
  type KeyStep,
} from '../rotation/key-record.js';
import { DirectoryWriter, type ChangedKeys } from './directory-writer.js';
import { readOverlap, refuseShortCycle } from '../rotation/overlap.js';
import { nextStep } from '../rotation/schedule.js';
import { activation, preparation, retirement, revocation } from '../rotation/transitions.js';

/** The options of `openKeyDirectory`. */
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
  /** Of `revoke`: a warning for each pending key that should sign now, and whose file is damaged or missing. */
  readonly problems: readonly KeyProblem[];
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
  /**
   * Takes any key out at once. For the one that signs, the oldest pending key whose file is whole signs instead, or a new one.
   * @param options the reason is kept with the key: one line of 200 characters at most.
   */
  revoke(options: { readonly keyId: string; readonly reason?: string }): Promise<KeyDirectoryChange>;
  /** Takes every step that is due, so that another key signs every `everySeconds`. */
  rotate(options: { readonly everySeconds: number }): Promise<KeyDirectoryChange>;
  /** Lists what is wrong; never throws because of what it finds. */
  check(): Promise<readonly KeyProblem[]>;
}

const OPTIONS = ['directory', 'overlap', 'allowOthersToReadKeys', 'clock'] as const;

/**
 * Opens a directory of our own keys for commands. Reads and makes nothing yet.
 * @throws TypeError `config_invalid` for an option that cannot be.
 */
export function openKeyDirectory(options: KeyDirectoryOptions): KeyDirectory {
  const read = new OptionsReader(options, '', OPTIONS);
  const directory = read.string('directory');
  const files = { directory, allowOthersToReadKeys: read.boolean('allowOthersToReadKeys', false) };
  const overlap = readOverlap(options.overlap ?? {}, read.at('overlap'));
  const clock = options.clock ?? systemClock;
  const writer = new DirectoryWriter(files, overlap, clock);

  function stateOf(
    { rotation, generation, changed, problems }: ChangedKeys,
    everySeconds?: number,
  ): KeyDirectoryChange {
    return {
      ...rotation,
      directory,
      generation,
      changed,
      problems,
      next: nextStep(rotation, clock.now(), everySeconds),
    };
  }

  return {
    read: async () => stateOf(await writer.read()),
    prepare: async ({ algorithm } = {}) => {
      if (algorithm !== undefined && !SIGNING_ALGORITHMS.includes(algorithm))
        throw invalidOption('algorithm', `must be one of ${SIGNING_ALGORITHMS.join(', ')}`);
      await makeDirectory(directory);
      return stateOf(await writer.change(preparation(algorithm)));
    },
    activate: async (step = {}) => stateOf(await writer.change(activation(step))),
    retire: async (step = {}) => stateOf(await writer.change(retirement(step))),
    revoke: async ({ keyId, reason }) => {
      if (reason !== undefined && !REVOCATION_REASON.test(reason))
        throw invalidOption('reason', 'must be one line of 200 characters at most');
      return stateOf(await writer.change(revocation(keyId, reason)));
    },
    rotate: async ({ everySeconds }) => {
      refuseShortCycle(everySeconds, (await writer.read()).rotation.overlap, 'everySeconds');
      return stateOf(await writer.rotate(everySeconds), everySeconds);
    },
    check: () => checkDirectory(files),
  };
}
