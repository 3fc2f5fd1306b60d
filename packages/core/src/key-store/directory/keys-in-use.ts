import { join } from 'node:path';
import { invalidOption } from '../../options.js';
import { type SigningKey } from '../../signing-keys/signing-key.js';
import { type PublicJwk } from '../../crypto/jwk.js';
import { isTemporary, ITSELF, type DirectoryEntry } from './files.js';
import { type KeyRotation } from '../rotation/key-record.js';
import { type DirectoryWriter } from './directory-writer.js';
import { localSigner, publishedKeys, type Signer } from '../../signing-keys/key-store.js';
import { unreadable } from './file-errors.js';
import { readKeys, type DirectorySnapshot, type ReadKeys, type ReadOptions } from './read-directory.js';
import { isLongerOverlap } from '../rotation/schedule.js';

/** What happens to keys that cannot be read while a service runs. */
export const KEYS_STAY = 'the keys that were read before stay in use';

/** The keys that are in use, as they were read from the directory. */
export interface KeysInUse {
  readonly signer: Signer;
  /** By their ids; those that are published. */
  readonly keys: ReadonlyMap<string, SigningKey>;
  readonly published: { readonly keys: readonly PublicJwk[] };
  readonly rotation: KeyRotation;
  /** Whether the directory records a shorter overlap than we go by: then a command would go too fast. */
  readonly isOverlapUnrecorded: boolean;
  readonly generation: number;
  /** Undefined when the directory must be read again, whether it changes or not. */
  readonly fingerprint: string | undefined;
  readonly warnings: readonly string[];
}

/**
 * Reads the keys of a directory for use.
 * @param old what is in use already: a key whose file is damaged stays as it was, and one that is gone goes all the same, so
 * that a revocation does not wait for somebody to mend another file. Undefined at start: then every key must be whole.
 * @throws TypeError `config_invalid` naming the file.
 */
export async function readInUse(
  files: ReadOptions,
  writer: DirectoryWriter,
  old: KeysInUse | undefined,
): Promise<KeysInUse> {
  const read = await readKeys(files);
  const { snapshot } = read;
  if (old !== undefined) refuseStepBack(files, old, snapshot);
  const { keys, warnings } = usableKeys(files, read, old);
  const active = snapshot.rotation.keys.find(({ state }) => state === 'active');
  const signing = keys.get(active?.keyId ?? '');
  if (signing === undefined) throw invalidOption(files.directory, 'holds no key that can sign');
  const rotation = writer.withOverlap(snapshot.rotation);
  return {
    signer: localSigner(signing),
    keys,
    published: publishedKeys([...keys.values()].map(({ jwk }) => jwk)),
    rotation,
    isOverlapUnrecorded: isLongerOverlap(rotation.overlap, snapshot.rotation.overlap),
    generation: snapshot.generation,
    fingerprint: read.failures.length === 0 ? fingerprintOf(snapshot.entries) : undefined,
    warnings: [...snapshot.warnings, ...warnings],
  };
}

function usableKeys(
  { directory }: ReadOptions,
  { snapshot, keys: loaded, failures }: ReadKeys,
  old: KeysInUse | undefined,
): { readonly keys: ReadonlyMap<string, SigningKey>; readonly warnings: readonly string[] } {
  const whole = new Map(loaded.map(({ record, key }) => [record.keyId, key]));
  const keys = new Map<string, SigningKey>();
  for (const { keyId, state } of snapshot.rotation.keys) {
    const key = whole.get(keyId) ?? old?.keys.get(keyId);
    if (state !== 'gone' && key !== undefined) keys.set(keyId, key);
  }
  const warnings = failures.map(({ record, error }) => {
    const fault = unreadable(error, directory);
    if (old === undefined) throw fault;
    const consequence = keys.has(record.keyId) ? KEYS_STAY : 'that key is not published';
    return `${fault.message}; ${consequence}`;
  });
  return { keys, warnings };
}

/** What no command does: an older manifest could bring a revoked key back, and a swapped file takes a published key away. */
function refuseStepBack(
  { directory }: ReadOptions,
  old: KeysInUse,
  { generation, rotation }: DirectorySnapshot,
): void {
  if (generation < old.generation)
    throw invalidOption(directory, 'holds an older manifest than before; start again to go by it');
  const idOf = new Map(old.rotation.keys.map(({ file, keyId }) => [file, keyId]));
  const swapped = rotation.keys.find(({ file, keyId }) => (idOf.get(file) ?? keyId) !== keyId);
  if (swapped !== undefined)
    throw invalidOption(
      join(directory, swapped.file),
      'holds another key than before; add keys, do not replace them',
    );
}

/** What changes when a file of the directory does, also behind a symbolic link. The directory's own time says no more. */
export function fingerprintOf(entries: readonly DirectoryEntry[]): string {
  return entries
    .filter(({ name }) => !isTemporary(name))
    .map(({ name, stats }) => {
      const content = name === ITSELF ? [] : [stats?.size, stats?.mtimeMs, stats?.ctimeMs];
      return [name, stats?.ino, stats?.mode, ...content].join(' ');
    })
    .join('\n');
}
