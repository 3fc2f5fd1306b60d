import { type JsonWebKey } from 'node:crypto';
import { CountersignError } from '../../errors.js';
import { writeNewFile, listFiles, removeFiles, isTemporary, type DirectoryEntry } from './files.js';
import { generationOf, manifestFile, manifestText, readManifest } from './manifest.js';
import { type KeyChange, type KeyRotation } from '../rotation/key-record.js';
import { isLongerOverlap } from '../rotation/schedule.js';
import { readSnapshot, type DirectorySnapshot, type ReadOptions } from './read-directory.js';
import { errorText } from '../../lib/error-text.js';
import { generatePrivateJwk, readSigningKey, type SigningAlgorithm } from '../../signing-keys/signing-key.js';
import { type NewKey } from '../rotation/transitions.js';

/** A file that a writer has not put to use by then belongs to one that was killed. */
const ABANDONED_AFTER_SECONDS = 600;

const MADE_BY_US = /^key-[\w-]{43}\.jwk\.json$/;

/** The name of the file of a key that we make: no two keys have the same. */
export function keyFile(keyId: string): string {
  return `key-${keyId}.jwk.json`;
}

/** A key that is in no directory yet, and what its file will hold. */
export interface MadeKey {
  readonly key: NewKey;
  readonly text: string;
}

/**
 * Makes a key for a directory. Its id does not begin with a hyphen.
 * @param generate makes a private JWK for that algorithm.
 */
export async function makeKey(
  algorithm: SigningAlgorithm,
  generate: (algorithm: SigningAlgorithm) => Promise<JsonWebKey> = generatePrivateJwk,
): Promise<MadeKey> {
  for (;;) {
    const jwk = await generate(algorithm);
    const keyId = (await readSigningKey(jwk, 'the new key')).jwk.kid;
    // One thumbprint of 64 begins with a hyphen. A command would take it for an option, where the key is revoked in haste.
    if (keyId.startsWith('-')) continue;
    return { key: { keyId, algorithm, file: keyFile(keyId) }, text: `${JSON.stringify(jwk)}\n` };
  }
}

/**
 * Refuses what could be written and not read again: that would be the end of the directory.
 * @throws CountersignError `rotation_not_possible`
 */
export function refuseUnreadable({ highestGeneration }: DirectorySnapshot, rotation: KeyRotation): void {
  const name = manifestFile(highestGeneration + 1);
  const refusal = (why: string): CountersignError =>
    new CountersignError('rotation_not_possible', `no service could read the keys afterwards: ${why}`);
  if (generationOf(name) === undefined) throw refusal(`${name} is no name of a manifest`);
  try {
    readManifest(JSON.parse(manifestText(rotation)), name);
  } catch (error) {
    throw refusal(`${errorText(error, 'message') ?? ''}; retire or revoke keys first`);
  }
}

/**
 * Makes `rotation` the next generation after the one that was read, by a hard link to a name that only one writer can have:
 * compare and swap, without a lock that a killed process would leave behind.
 * @param changed what `rotation` changed, to know it again when somebody has already built on it.
 * @returns false when somebody else was first; then nothing has changed.
 */
export async function commitKeys(
  options: ReadOptions,
  base: DirectorySnapshot,
  rotation: KeyRotation,
  changed: readonly KeyChange[],
): Promise<boolean> {
  const { directory } = options;
  const generation = base.highestGeneration + 1;
  const name = manifestFile(generation);
  if (!(await writeNewFile(directory, name, manifestText(rotation)))) return false;
  const isLatest = (await listFiles(directory)).every(
    (entry) => (generationOf(entry.name) ?? 0) <= generation,
  );
  if (isLatest) return true;
  // Either the name had become free again because the others were far ahead, or somebody has built on ours since.
  const { rotation: truth } = await readSnapshot(options);
  const states = new Map(truth.keys.map(({ keyId, state }) => [keyId, state]));
  const hasChanges = changed.every(({ keyId, from, to }) => {
    return from === undefined ? states.has(keyId) : states.get(keyId) === to;
  });
  const isIn = hasChanges && !isLongerOverlap(rotation.overlap, truth.overlap);
  if (!isIn) await removeFiles(directory, [name]);
  return isIn;
}

/**
 * Deletes what nobody needs: files of keys that are gone, manifests before the last but one, and what killed writers left.
 * A file that a writer may still be about to use is left alone: its age is told by the file system's own clock, as the
 * time of the newest manifest.
 * @param goneFiles files of keys that are gone, and that the manifest need not name any more.
 */
export async function sweepDirectory(options: ReadOptions, goneFiles: readonly string[]): Promise<void> {
  const { rotation, generation, entries } = await readSnapshot(options);
  if (generation === 0) return;
  const live = new Set(rotation.keys.filter(({ state }) => state !== 'gone').map(({ file }) => file));
  const named = rotation.keys.filter(({ state }) => state === 'gone').map(({ file }) => file);
  const gone = new Set([...named, ...goneFiles]);
  const newest = secondsOf(entries.find(({ name }) => name === manifestFile(generation)));
  const isAbandoned = (entry: DirectoryEntry): boolean => {
    const isOurs = isTemporary(entry.name) || MADE_BY_US.test(entry.name);
    return isOurs && newest - secondsOf(entry) > ABANDONED_AFTER_SECONDS;
  };
  const leftovers = entries.filter((entry) => {
    if (live.has(entry.name)) return false;
    const itsGeneration = generationOf(entry.name) ?? generation;
    return gone.has(entry.name) || itsGeneration < generation - 1 || isAbandoned(entry);
  });
  await removeFiles(
    options.directory,
    leftovers.map(({ name }) => name),
  );
}

function secondsOf(entry: DirectoryEntry | undefined): number {
  return (entry?.stats?.mtimeMs ?? 0) / 1000;
}
