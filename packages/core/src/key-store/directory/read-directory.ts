import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { invalidOption } from '../../options.js';
import { readSigningKey, type SigningKey } from '../../signing-keys/signing-key.js';
import { listFiles, readFileAndStats, type DirectoryEntry } from './files.js';
import { generationOf, manifestFile, readManifest } from './manifest.js';
import { refuseExposedDirectory, refuseExposedKey, refuseExposedManifest } from './permissions.js';
import { DEFAULT_OVERLAP, type KeyRecord, type KeyRotation } from '../rotation/key-record.js';
import { unreadable } from './file-errors.js';
import { errorCode } from '../../lib/error-text.js';

/** A key directory as it was found. */
export interface DirectorySnapshot {
  readonly rotation: KeyRotation;
  /** The generation that was read; 0 when there is no manifest. */
  readonly generation: number;
  /** The highest generation that has a file, readable or not: the next one comes after it. */
  readonly highestGeneration: number;
  readonly entries: readonly DirectoryEntry[];
  /** What an operator should look at. */
  readonly warnings: readonly string[];
}

/** One of our own keys together with its record. */
export interface LoadedKey {
  readonly record: KeyRecord;
  readonly key: SigningKey;
}

export interface ReadOptions {
  readonly directory: string;
  readonly allowOthersToReadKeys: boolean;
}

/** Files are deleted while others read: then the directory is listed again, this often at most. */
const ATTEMPTS = 10;

/** Key files of a directory without a manifest: the highest number signs. */
const NUMBERED_FILE = /^\d{4}\.jwk\.json$/;

/**
 * Reads what keys a directory holds, and not yet the keys themselves. The manifest of the highest generation counts; one that
 * is cut off is passed over with a warning. Without any, the numbered files count; without those there are no keys.
 * @throws TypeError `config_invalid` naming the file.
 */
export async function readSnapshot(options: ReadOptions): Promise<DirectorySnapshot> {
  return again(options.directory, () => attemptSnapshot(options));
}

/** The keys of a directory, and those that cannot be used. */
export interface ReadKeys {
  readonly snapshot: DirectorySnapshot;
  readonly keys: readonly LoadedKey[];
  readonly failures: readonly { readonly record: KeyRecord; readonly error: unknown }[];
}

/** The same, with the keys that are not gone: each whole, private enough, and the one that the manifest names, or a failure. */
export async function readKeys(options: ReadOptions): Promise<ReadKeys> {
  return again(options.directory, async () => {
    const snapshot = await attemptSnapshot(options);
    const records = snapshot.rotation.keys.filter(({ state }) => state !== 'gone');
    const loads = await Promise.allSettled(records.map((record) => loadKey(record, options)));
    const keys = loads.flatMap((load) => (load.status === 'fulfilled' ? [load.value] : []));
    const failures = records.flatMap((record, index) => {
      const load = loads[index];
      const error: unknown = load?.status === 'rejected' ? load.reason : undefined;
      return error === undefined ? [] : [{ record, error }];
    });
    // Somebody may have deleted it meanwhile, and said so in a new manifest.
    const missing = failures.find(({ error }) => errorCode(error) === 'ENOENT');
    if (missing !== undefined && (await highestGeneration(options)) !== snapshot.highestGeneration)
      throw missing.error;
    return { snapshot, keys, failures };
  });
}

async function highestGeneration(options: ReadOptions): Promise<number> {
  return (await attemptSnapshot(options)).highestGeneration;
}

/** Reads the key of a record. @throws TypeError `config_invalid` naming the file, and nothing of what it holds. */
export async function loadKey(record: KeyRecord, options: ReadOptions): Promise<LoadedKey> {
  const path = join(options.directory, record.file);
  const key = await readKeyFile(path, options);
  if (key.jwk.kid !== record.keyId) throw invalidOption(path, 'holds another key than the manifest says');
  if (key.algorithm !== record.algorithm)
    throw invalidOption(path, `is not for ${record.algorithm}, as the manifest says`);
  return { record, key };
}

async function readKeyFile(path: string, { allowOthersToReadKeys }: ReadOptions): Promise<SigningKey> {
  const { text, stats } = await readFileAndStats(path);
  await refuseExposedKey(path, stats, allowOthersToReadKeys);
  return readSigningKey(parseJwk(text, path), path);
}

/** Runs a read again as long as files that it had listed are gone when it gets to them, because somebody changes keys. */
async function again<Result>(directory: string, attempt: () => Promise<Result>): Promise<Result> {
  for (let attempts = 1; ; attempts += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (errorCode(error) !== 'ENOENT' || attempts >= ATTEMPTS) throw unreadable(error, directory);
    }
  }
}

async function attemptSnapshot(options: ReadOptions): Promise<DirectorySnapshot> {
  const { directory } = options;
  await refuseExposedDirectory(directory, await stat(directory));
  const entries = await listFiles(directory);
  const generations = entries
    .map(({ name }) => generationOf(name) ?? 0)
    .filter((generation) => generation > 0);
  generations.sort((one, other) => other - one);
  const [highestGeneration = 0] = generations;
  const warnings: string[] = [];
  for (const generation of generations) {
    const path = join(directory, manifestFile(generation));
    const { text, stats } = await readFileAndStats(path);
    refuseExposedManifest(path, stats);
    const value = parseJson(text);
    if (value !== undefined) {
      const rotation = readManifest(value, path);
      warnings.push(...strangeKeys(rotation, entries, directory));
      return { rotation, generation, highestGeneration, entries, warnings };
    }
    warnings.push(`${path} is cut off; the manifest before it counts`);
  }
  if (highestGeneration > 0)
    throw invalidOption(join(directory, manifestFile(highestGeneration)), 'is cut off');
  const rotation = { keys: await numberedKeys(entries, options), overlap: DEFAULT_OVERLAP };
  return { rotation, generation: 0, highestGeneration, entries, warnings };
}

/** Somebody may have put a key there as into a directory without a manifest, and wait for it to sign. */
function strangeKeys(
  { keys }: KeyRotation,
  entries: readonly DirectoryEntry[],
  directory: string,
): readonly string[] {
  const known = new Set(keys.map(({ file }) => file));
  const strange = entries.filter(({ name }) => NUMBERED_FILE.test(name) && !known.has(name));
  return strange.map(({ name }) => `${join(directory, name)} is not used: the manifest does not name it`);
}

/**
 * The keys of a directory without a manifest. When they were made, only the files' own times can say. A copy may keep the time
 * of its original: when a key came to replace another, the time that nobody can set says.
 */
async function numberedKeys(
  entries: readonly DirectoryEntry[],
  options: ReadOptions,
): Promise<readonly KeyRecord[]> {
  const files = entries.filter(({ name }) => NUMBERED_FILE.test(name));
  const read = await Promise.all(
    files.map(async ({ name, stats }) => ({
      name,
      since: (stats?.mtimeMs ?? 0) / 1000,
      hereSince: Math.max(stats?.mtimeMs ?? 0, stats?.ctimeMs ?? 0) / 1000,
      key: await readKeyFile(join(options.directory, name), options),
    })),
  );
  // A key that came back under a higher number is still one key: two with one kid would be refused.
  const byId = new Map(read.map((each) => [each.key.jwk.kid, each]));
  const unique = [...byId.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
  return unique.map(({ name, since, key }, index) => {
    const successor = unique[index + 1];
    return {
      keyId: key.jwk.kid,
      algorithm: key.algorithm,
      file: name,
      state: successor === undefined ? 'active' : 'retiring',
      preparedAt: since,
      activatedAt: since,
      retiringAt: successor?.hereSince,
      goneAt: undefined,
    };
  });
}

function parseJwk(text: string, path: string): object {
  const jwk = parseJson(text);
  if (typeof jwk === 'object' && jwk !== null) return jwk;
  throw invalidOption(path, 'must hold one private key as a JWK');
}

/** Undefined when it cannot be parsed: a parser's message holds an excerpt of the file. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
