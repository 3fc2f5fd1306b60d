import { readdir } from 'node:fs/promises';
import { commitKeys } from '../../../src/key-store/directory/commit-keys.js';
import { type KeyChange } from '../../../src/key-store/rotation/key-record.js';
import {
  readSnapshot,
  type DirectorySnapshot,
  type ReadOptions,
} from '../../../src/key-store/directory/read-directory.js';
import { createOwnKeys, type OwnKeys } from '../../support/own-keys.js';

let own: OwnKeys;
let files: ReadOptions;

beforeEach(async () => {
  own = await createOwnKeys();
  files = { directory: own.directory, allowOthersToReadKeys: false };
  await own.keys.prepare();
});

afterEach(() => own.close());

async function manifests(): Promise<readonly string[]> {
  return (await readdir(own.directory)).filter((name) => name.startsWith('manifest-'));
}

/** Others change the keys until the number after `base` is free again. */
async function othersMoveOn(base: DirectorySnapshot): Promise<void> {
  const next = `manifest-${String(base.generation + 1).padStart(6, '0')}.json`;
  for (let step = 0; step < 2; step += 1)
    await own.keys.revoke({ keyId: (await own.keys.prepare()).changed[0]!.keyId });
  expect(await manifests()).not.toContain(next);
}

const someKey: KeyChange = { keyId: 'A'.repeat(43), from: undefined, to: 'pending' };

it('whoever read the keys before others changed them is told so, and changes nothing', async () => {
  const base = await readSnapshot(files);
  await own.keys.prepare();
  const before = await manifests();
  expect(await commitKeys(files, base, base.rotation, [someKey])).toBe(false);
  expect(await manifests()).toEqual(before);
});

it('so is whoever slept for so long that the next number is free again', async () => {
  const base = await readSnapshot(files);
  await othersMoveOn(base);
  const [truth, before] = [await own.keys.read(), await manifests()];
  expect(await commitKeys(files, base, base.rotation, [someKey])).toBe(false);
  expect(await manifests()).toEqual(before);
  expect(await own.keys.read()).toEqual(truth);
});

it('a change that others have built on already counts as made', async () => {
  const base = await readSnapshot(files);
  const { changed } = await own.keys.prepare();
  const { rotation } = await readSnapshot(files);
  await own.keys.revoke({ keyId: changed[0]!.keyId });
  await othersMoveOn(base);
  const truth = await own.keys.read();
  expect(await commitKeys(files, base, rotation, changed)).toBe(true);
  expect((await own.keys.read()).keys).toEqual(truth.keys);
});
