import { resolve } from 'node:path';
import { type Clock } from '../../clock.js';
import { invalidOption } from '../../options.js';
import { clearInterval, setInterval } from '../../lib/timers.js';
import { type SigningAlgorithm } from '../../signing-keys/signing-key.js';
import { listFiles, type DirectoryEntry } from './files.js';
import { refuseShortCycle } from '../rotation/overlap.js';
import { type KeyOverlap } from '../rotation/key-record.js';
import { DirectoryWriter } from './directory-writer.js';
import { fingerprintOf, KEYS_STAY, readInUse, type KeysInUse } from './keys-in-use.js';
import { makeDirectory } from './files.js';
import { type OpenKeyStore } from '../../signing-keys/key-store.js';
import { unreadable } from './file-errors.js';
import { readSnapshot, type ReadOptions } from './read-directory.js';
import { nextStep } from '../rotation/schedule.js';
import { errorText } from '../../lib/error-text.js';
import { firstKey, noTransition } from '../rotation/transitions.js';
import { Warnings } from './warnings.js';

export interface DirectoryKeyStoreOptions extends ReadOptions {
  /** Of the first key. */
  readonly algorithm: SigningAlgorithm;
  readonly overlap: Partial<KeyOverlap>;
  readonly rereadSeconds: number;
  /** Undefined: nobody rotates here. */
  readonly rotateEverySeconds: number | undefined;
  readonly clock: Clock;
  readonly onWarning: (message: string) => void;
  readonly onKeyMade: (made: FirstKey) => void;
}

/** A key that this process made because a directory was empty. Not its private half. */
export interface FirstKey {
  readonly keyId: string;
  readonly algorithm: SigningAlgorithm;
  /** The absolute path of the directory. */
  readonly directory: string;
}

/**
 * Opens a key directory for a service: makes a first key in an empty one, reads it again when it has changed, and rotates
 * its keys when told to. After it was opened, keys that cannot be read leave the ones in use as they are.
 * @throws TypeError `config_invalid` for keys that a service must not start with.
 */
export async function openDirectoryKeyStore(options: DirectoryKeyStoreOptions): Promise<OpenKeyStore> {
  const { directory, overlap, rotateEverySeconds, rereadSeconds } = options;
  const writer = new DirectoryWriter(options, overlap, options.clock);
  await makeDirectory(directory);
  if ((await readSnapshot(options)).rotation.keys.length === 0) await makeFirstKey(options, writer);
  const warnings = new Warnings(options.onWarning);
  const first = await readInUse(options, writer, undefined);
  warnings.tell('directory', first.warnings);
  if (rotateEverySeconds !== undefined)
    refuseShortCycle(rotateEverySeconds, first.rotation.overlap, 'keys.rotateEverySeconds');
  const store = new DirectoryKeyStore(options, writer, warnings, first);
  await store.begin();
  const timer = setInterval(() => store.poll(), rereadSeconds * 1000).unref();
  return {
    signer: () => store.inUse.signer,
    publicKeys: () => store.inUse.published,
    get verifierCacheSeconds() {
      return store.inUse.rotation.overlap.verifierCacheSeconds;
    },
    problems: () => warnings.now(),
    reload: () => store.reload(),
    close: () => {
      clearInterval(timer);
      return store.settled;
    },
  };
}

async function makeFirstKey(
  { directory, algorithm, onKeyMade }: DirectoryKeyStoreOptions,
  writer: DirectoryWriter,
): Promise<void> {
  try {
    // Empty where another process was faster: that one tells.
    const { changed } = await writer.change(firstKey(algorithm));
    for (const { keyId } of changed) tell(onKeyMade, { keyId, algorithm, directory: resolve(directory) });
  } catch (error) {
    throw invalidOption(
      directory,
      `holds no key, and none can be made in it: ${errorText(error, 'message') ?? ''}`,
    );
  }
}

/** A service must start whatever somebody does with the words: what that throws is dropped. */
function tell(onKeyMade: (made: FirstKey) => void, made: FirstKey): void {
  try {
    onKeyMade(made);
  } catch {
    // Nobody could be told.
  }
}

/** A rotation that failed is not tried again at every look: each would make a key in vain. */
const SECONDS_AFTER_FAILURE = 60;

class DirectoryKeyStore {
  inUse: KeysInUse;
  /** Settles when what was begun has ended. Never rejects. */
  settled: Promise<void> = Promise.resolve();
  readonly #options: DirectoryKeyStoreOptions;
  readonly #writer: DirectoryWriter;
  readonly #warnings: Warnings;
  #waiting = 0;
  /** On the clock that never goes back. */
  #rotateNotBefore = -Infinity;

  constructor(
    options: DirectoryKeyStoreOptions,
    writer: DirectoryWriter,
    warnings: Warnings,
    first: KeysInUse,
  ) {
    this.#options = options;
    this.#writer = writer;
    this.#warnings = warnings;
    this.inUse = first;
  }

  /** What a service owes its directory when it starts. */
  async begin(): Promise<void> {
    if (this.inUse.isOverlapUnrecorded)
      await this.#attempt('overlap', 'a command without that option would go too fast', async () => {
        await this.#writer.change(noTransition);
        return [];
      });
    await this.reload();
  }

  /** The timer's turn: nothing when the last one is still being served. */
  poll(): void {
    if (this.#waiting === 0) void this.reload();
  }

  reload(): Promise<void> {
    this.#waiting += 1;
    this.settled = this.settled.then(async () => {
      await this.#read();
      if (await this.#rotate()) await this.#read();
      this.#waiting -= 1;
    });
    return this.settled;
  }

  #read(): Promise<boolean> {
    return this.#attempt('directory', KEYS_STAY, async () => {
      const entries = await this.#list();
      const isSame = fingerprintOf(entries) === this.inUse.fingerprint;
      if (!isSame) this.inUse = await readInUse(this.#options, this.#writer, this.inUse);
      if (!this.inUse.isOverlapUnrecorded) this.#warnings.tell('overlap', []);
      return this.inUse.warnings;
    });
  }

  async #list(): Promise<readonly DirectoryEntry[]> {
    try {
      return await listFiles(this.#options.directory);
    } catch (error) {
      throw unreadable(error, this.#options.directory);
    }
  }

  /** Whether anything was due, and tried. */
  async #rotate(): Promise<boolean> {
    const { rotateEverySeconds: everySeconds, clock } = this.#options;
    if (everySeconds === undefined) return false;
    const now = clock.now();
    if (nextStep(this.inUse.rotation, now, everySeconds).notBefore > now) {
      this.#warnings.tell('rotation', []);
      return false;
    }
    if (clock.monotonic() < this.#rotateNotBefore) return false;
    const isDone = await this.#attempt('rotation', 'the keys are not rotated', async () => {
      await this.#writer.rotate(everySeconds);
      return [];
    });
    if (!isDone) this.#rotateNotBefore = clock.monotonic() + SECONDS_AFTER_FAILURE;
    return true;
  }

  /** Runs a part whose failure is only told. @returns whether it came to its end. */
  async #attempt(
    topic: string,
    consequence: string,
    run: () => Promise<readonly string[]>,
  ): Promise<boolean> {
    try {
      this.#warnings.tell(topic, await run());
      return true;
    } catch (error) {
      this.#warnings.tell(topic, [`${errorText(error, 'message') ?? 'unknown error'}; ${consequence}`]);
      return false;
    }
  }
}
