import { join } from 'node:path';
import { type Clock } from '../../clock.js';
import { CountersignError } from '../../errors.js';
import { invalidOption } from '../../options.js';
import { fileError, isSystemError, problemOf, type KeyProblem } from './file-errors.js';
import { commitKeys, makeKey, refuseUnreadable, sweepDirectory } from './commit-keys.js';
import { removeFiles, writeNewFile } from './files.js';
import { type KeyChange, type KeyOverlap, type KeyRecord, type KeyRotation } from '../rotation/key-record.js';
import { loadKey, readSnapshot, type DirectorySnapshot, type ReadOptions } from './read-directory.js';
import { isLongerOverlap, longerOverlap } from '../rotation/schedule.js';
import { errorText } from '../../lib/error-text.js';
import { changesBetween, scheduledStep, type NewKey, type Transition } from '../rotation/transitions.js';

/** Somebody else changed the keys first: decided again this often. */
const ATTEMPTS = 20;

/** What one call changed, and the pending keys that it had to pass over. */
interface Outcome {
  readonly changed: readonly KeyChange[];
  readonly problems: readonly KeyProblem[];
}

/** The keys of a directory, and what one call changed of them. */
export interface ChangedKeys extends Outcome {
  readonly rotation: KeyRotation;
  readonly generation: number;
}

/** Carries transitions out on the files of a directory: reads, decides, writes, and decides again when somebody was faster. */
export class DirectoryWriter {
  readonly #files: ReadOptions;
  readonly #overlap: Partial<KeyOverlap>;
  readonly #clock: Clock;

  /** @param overlap counts where it is longer than what the directory says, and is written into it with the next change. */
  constructor(files: ReadOptions, overlap: Partial<KeyOverlap>, clock: Clock) {
    this.#files = files;
    this.#overlap = overlap;
    this.#clock = clock;
  }

  async read(): Promise<ChangedKeys> {
    const { rotation, generation } = await readSnapshot(this.#files);
    return { rotation: this.withOverlap(rotation), generation, changed: [], problems: [] };
  }

  /** Takes one step after the other until none is due. */
  async rotate(everySeconds: number): Promise<ChangedKeys> {
    const steps: KeyChange[] = [];
    for (;;) {
      const state = await this.change(scheduledStep(everySeconds));
      steps.push(...state.changed);
      if (state.changed.length === 0) return { ...state, changed: steps };
    }
  }

  async change(transition: Transition): Promise<ChangedKeys> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const base = await readSnapshot(this.#files);
      const outcome = await this.#attempt(transition, base);
      if (outcome === undefined) continue;
      await this.#sweep(base, outcome.changed);
      return { ...(await this.read()), ...outcome };
    }
    throw new CountersignError('rotation_not_possible', 'others keep changing the keys; try again');
  }

  /** Undefined when somebody else was first. */
  async #attempt(
    transition: Transition,
    base: DirectorySnapshot,
    problems: readonly KeyProblem[] = [],
  ): Promise<Outcome | undefined> {
    const rotation = this.withOverlap(base.rotation);
    const now = this.#clock.now();
    const algorithm = transition.newKeyFor(rotation, now);
    const made = algorithm === undefined ? undefined : await makeKey(algorithm);
    const keys = transition.apply(rotation, now, made?.key);
    const changed = changesBetween(rotation.keys, keys);
    const isLonger = isLongerOverlap(rotation.overlap, base.rotation.overlap);
    if (changed.length === 0 && !(isLonger && keys.length > 0)) return { changed, problems };
    for (const record of keys) {
      const isMade = record.keyId === made?.key.keyId;
      const signsFromNowOn = changed.some(({ keyId, to }) => keyId === record.keyId && to === 'active');
      const fault = signsFromNowOn && !isMade ? await this.#faultOf(record) : undefined;
      if (fault === undefined) continue;
      const remedy = `mend it, or revoke ${record.keyId}`;
      // Its file may be gone because somebody revoked it meanwhile.
      if ((await readSnapshot(this.#files)).highestGeneration !== base.highestGeneration) return undefined;
      if (transition.without === undefined)
        throw invalidOption(fault.path, `${fault.problem}; ${remedy} and prepare another`);
      const problem = `${fault.problem}; so another key signs; ${remedy}: until then no service starts with these keys`;
      const passedOver: KeyProblem = { severity: 'warning', path: fault.path, problem };
      return this.#attempt(transition.without(record.keyId), base, [...problems, passedOver]);
    }
    refuseUnreadable(base, { ...rotation, keys });
    try {
      if (made !== undefined) await writeNewFile(this.#files.directory, made.key.file, made.text);
      if (await commitKeys(this.#files, base, { ...rotation, keys }, changed)) return { changed, problems };
    } catch (error) {
      await this.#discard(made?.key).catch(() => undefined);
      throw isSystemError(error) ? fileError(error, this.#files.directory, 'cannot be changed') : error;
    }
    await this.#discard(made?.key);
    return undefined;
  }

  /** What keeps a key from signing. */
  async #faultOf(record: KeyRecord): Promise<Pick<KeyProblem, 'path' | 'problem'> | undefined> {
    try {
      await loadKey(record, this.#files);
      return undefined;
    } catch (error) {
      return problemOf(error, join(this.#files.directory, record.file));
    }
  }

  /** Deletes a new key that did not come into use. One that did stays, whatever was said of the change that names it. */
  async #discard(made: NewKey | undefined): Promise<void> {
    if (made === undefined) return;
    const { rotation } = await readSnapshot(this.#files);
    if (rotation.keys.every(({ keyId }) => keyId !== made.keyId))
      await removeFiles(this.#files.directory, [made.file]);
  }

  async #sweep(base: DirectorySnapshot, changed: readonly KeyChange[]): Promise<void> {
    const left = new Set(changed.filter(({ to }) => to === 'gone').map(({ keyId }) => keyId));
    const files = base.rotation.keys.filter(({ keyId }) => left.has(keyId)).map(({ file }) => file);
    try {
      await sweepDirectory(this.#files, files);
    } catch (error) {
      if (!isSystemError(error)) throw error;
      const path = errorText(error, 'path') ?? this.#files.directory;
      throw fileError(error, path, 'is not needed after this change, and cannot be deleted');
    }
  }

  withOverlap(rotation: KeyRotation): KeyRotation {
    return { ...rotation, overlap: longerOverlap(rotation.overlap, this.#overlap) };
  }
}
