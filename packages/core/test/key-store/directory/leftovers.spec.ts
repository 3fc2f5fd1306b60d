import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKeyStore } from '../../../src/key-store/create-key-store.js';
import { type OpenKeyStore } from '../../../src/signing-keys/key-store.js';
import { openKeyDirectory, type KeyDirectory } from '../../../src/key-store/directory/key-directory.js';

let root: string;
let directory: string;
let keys: KeyDirectory;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'countersign-leftovers-'));
  directory = join(root, 'keys');
  keys = openKeyDirectory({ directory });
});

afterEach(() => rm(root, { recursive: true }));

async function inService(warnings: string[] = []): Promise<OpenKeyStore> {
  const store = await createKeyStore({ directory, onWarning: (warning) => void warnings.push(warning) });
  await store.close();
  return store;
}

describe('what a killed process left behind', () => {
  const TEN_MINUTES_AGO = new Date(Date.now() - 601_000);

  async function leave(name: string, when?: Date): Promise<string> {
    const path = join(directory, name);
    await writeFile(path, '{"kty":', { mode: 0o600 });
    if (when !== undefined) await utimes(path, when, when);
    return name;
  }

  const ORPHAN = `key-${'A'.repeat(43)}.jwk.json`;

  it.each(['.4711-abc.tmp', ORPHAN])('does not disturb a service: %s', async (name) => {
    await keys.prepare();
    await leave(name);
    expect((await inService()).publicKeys().keys).toHaveLength(1);
  });

  it.each(['.4711-abc.tmp', ORPHAN])('is deleted by the next change when it is old: %s', async (name) => {
    await keys.prepare();
    await leave(name, TEN_MINUTES_AGO);
    await keys.prepare();
    expect(await readdir(directory)).not.toContain(name);
  });

  it.each(['.4711-abc.tmp', ORPHAN])('is left alone while somebody may be writing it: %s', async (name) => {
    await keys.prepare();
    await leave(name);
    await keys.prepare();
    expect(await readdir(directory)).toContain(name);
  });

  it('is the file of a revoked key: the same command deletes it', async () => {
    await keys.prepare();
    const { keyId } = (await keys.prepare()).changed[0]!;
    await keys.revoke({ keyId });
    const name = await leave(`key-${keyId}.jwk.json`);
    expect((await keys.revoke({ keyId })).changed).toEqual([]);
    expect(await readdir(directory)).not.toContain(name);
  });

  it('never is a file of somebody else', async () => {
    await keys.prepare();
    const strange = ['notes.txt', '0009.jwk.json', 'key-short.jwk.json'];
    for (const name of strange) await leave(name, TEN_MINUTES_AGO);
    await keys.prepare();
    expect(await readdir(directory)).toEqual(expect.arrayContaining(strange));
  });
});

describe('a manifest that is cut off', () => {
  it('is passed over for the one before it, with a warning', async () => {
    const first = (await keys.prepare()).changed[0]!.keyId;
    await keys.prepare();
    await writeFile(join(directory, 'manifest-000002.json'), '{"version":');
    const warnings: string[] = [];
    expect((await inService(warnings)).signer().keyId).toBe(first);
    expect(warnings).toEqual([expect.stringContaining('manifest-000002.json is cut off')]);
  });

  it('is followed by the next generation all the same', async () => {
    await keys.prepare();
    await keys.prepare();
    await writeFile(join(directory, 'manifest-000002.json'), '');
    await keys.prepare();
    expect((await keys.read()).generation).toBe(3);
  });

  it('and the only one keeps a service from starting: nobody guesses what it said', async () => {
    await keys.prepare();
    await writeFile(join(directory, 'manifest-000001.json'), '{');
    await expect(inService()).rejects.toMatchObject({ code: 'config_invalid' });
  });
});
