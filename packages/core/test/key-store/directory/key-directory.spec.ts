import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFixedClock, type FixedClock } from '../../../src/clock.js';
import { createKeyStore } from '../../../src/key-store/create-key-store.js';
import { openKeyDirectory, type KeyDirectory } from '../../../src/key-store/directory/key-directory.js';
import { privateKeyFor } from '../../support/signing-key.js';

let root: string;
let directory: string;
let clock: FixedClock;
let keys: KeyDirectory;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'countersign-rotation-'));
  directory = join(root, 'keys');
  clock = createFixedClock();
  keys = openKeyDirectory({ directory, clock });
});

afterEach(() => rm(root, { recursive: true }));

/** What a service that opens the directory now signs with and publishes. */
async function inService(): Promise<{ readonly signs: string; readonly published: readonly string[] }> {
  const store = await createKeyStore({ directory, clock });
  await store.close();
  return { signs: store.signer().keyId, published: store.publicKeys().keys.map(({ kid }) => kid) };
}

async function putNumbered(name: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const jwk = privateKeyFor('ES256').export({ format: 'jwk' });
  await writeFile(join(directory, name), JSON.stringify(jwk), { mode: 0o600 });
}

async function activeKeyId(): Promise<string> {
  return (await keys.read()).keys.find(({ state }) => state === 'active')!.keyId;
}

describe('the commands of a rotation', () => {
  it('change what a service signs with and publishes, step by step', async () => {
    const first = (await keys.prepare()).changed[0]!.keyId;
    expect(await inService()).toEqual({ signs: first, published: [first] });

    const prepared = await keys.prepare();
    const second = prepared.changed[0]!.keyId;
    expect(prepared.changed).toEqual([{ keyId: second, from: undefined, to: 'pending' }]);
    expect(prepared.next).toEqual({ action: 'activate', keyId: second, notBefore: clock.now() + 330 });
    expect(await inService()).toEqual({ signs: first, published: [first, second] });

    clock.advance(330);
    expect((await keys.activate()).changed).toEqual([
      { keyId: first, from: 'active', to: 'retiring' },
      { keyId: second, from: 'pending', to: 'active' },
    ]);
    expect(await inService()).toEqual({ signs: second, published: [first, second] });

    clock.advance(630);
    await keys.retire();
    expect(await inService()).toEqual({ signs: second, published: [second] });
  });

  it('delete the file of a key that is gone, and keep its name and times', async () => {
    await keys.prepare();
    const { changed } = await keys.prepare();
    const { keyId } = changed[0]!;
    const state = await keys.revoke({ keyId });
    expect(await readdir(directory)).not.toContain(`key-${keyId}.jwk.json`);
    expect(state.keys.find((key) => key.keyId === keyId)).toMatchObject({
      state: 'gone',
      goneAt: clock.now(),
    });
  });

  it('keep the last manifest but one, and no older one', async () => {
    for (let step = 0; step < 5; step += 1)
      await keys.revoke({ keyId: (await keys.prepare()).changed[0]!.keyId });
    const manifests = (await readdir(directory)).filter((name) => name.startsWith('manifest-'));
    expect(manifests).toEqual(['manifest-000009.json', 'manifest-000010.json']);
    expect((await keys.read()).generation).toBe(10);
  });

  it('remember twenty keys that are gone', async () => {
    await keys.prepare();
    for (let step = 0; step < 22; step += 1) {
      clock.advance(1);
      await keys.revoke({ keyId: (await keys.prepare()).changed[0]!.keyId });
    }
    const gone = (await keys.read()).keys.filter(({ state }) => state === 'gone');
    expect(gone).toHaveLength(20);
    expect(Math.min(...gone.map(({ goneAt }) => goneAt!))).toBe(clock.now() - 19);
  });

  it('refuse what is too early, and change nothing then', async () => {
    await keys.prepare();
    await keys.prepare();
    const before = await readdir(directory);
    await expect(keys.activate()).rejects.toMatchObject({
      code: 'rotation_too_early',
      notBefore: clock.now() + 330,
    });
    expect(await readdir(directory)).toEqual(before);
  });

  it('let no key sign whose file is damaged', async () => {
    await keys.prepare();
    const { keyId } = (await keys.prepare()).changed[0]!;
    const file = join(directory, `key-${keyId}.jwk.json`);
    await writeFile(file, '{');
    await expect(keys.activate({ force: true })).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining(file),
    });
  });

  it('revoke a key even while another one is damaged', async () => {
    const first = (await keys.prepare()).changed[0]!.keyId;
    const { keyId } = (await keys.prepare()).changed[0]!;
    await writeFile(join(directory, `key-${keyId}.jwk.json`), '{');
    await keys.revoke({ keyId });
    expect(await inService()).toEqual({ signs: first, published: [first] });
  });

  it.each(['ES256', 'ES384', 'EdDSA', 'RS256', 'PS256'] as const)(
    'make keys for %s, and go on with that algorithm',
    async (algorithm) => {
      await keys.prepare({ algorithm });
      await keys.prepare();
      expect((await keys.read()).keys.map((key) => key.algorithm)).toEqual([algorithm, algorithm]);
    },
  );

  it('take the longer of two overlaps, and write it down for the next one', async () => {
    await keys.prepare();
    const careful = openKeyDirectory({ directory, clock, overlap: { verifierCacheSeconds: 3600 } });
    expect((await careful.prepare()).next.notBefore).toBe(clock.now() + 3630);
    expect((await keys.read()).next.notBefore).toBe(clock.now() + 3630);
  });

  it('rotate by themselves when they are due, in one go', async () => {
    await keys.prepare();
    expect((await keys.rotate({ everySeconds: 3600 })).changed).toEqual([]);
    clock.advance(3270);
    expect((await keys.rotate({ everySeconds: 3600 })).changed).toHaveLength(1);
    clock.advance(330);
    const rotated = await keys.rotate({ everySeconds: 3600 });
    expect(rotated.changed.map(({ to }) => to).sort()).toEqual(['active', 'retiring']);
    expect(rotated.next).toMatchObject({ action: 'retire', notBefore: clock.now() + 630 });
  });

  it('refuse to rotate faster than keys can overlap', async () => {
    await keys.prepare();
    await expect(keys.rotate({ everySeconds: 959 })).rejects.toThrow(
      'everySeconds must be a number from 960',
    );
  });
});

describe('a directory without a manifest', () => {
  it('is read as before: the highest number signs, the others are retiring', async () => {
    await putNumbered('0001.jwk.json');
    await putNumbered('0002.jwk.json');
    const { generation, keys: records } = await keys.read();
    expect(generation).toBe(0);
    expect(records.map(({ file, state }) => [file, state])).toEqual([
      ['0001.jwk.json', 'retiring'],
      ['0002.jwk.json', 'active'],
    ]);
    expect((await inService()).published).toHaveLength(2);
    expect(await readdir(directory)).toEqual(['0001.jwk.json', '0002.jwk.json']);
  });

  it('gets one with the first change, and keeps its files under their names', async () => {
    await putNumbered('0001.jwk.json');
    const before = await inService();
    await keys.prepare();
    const after = await inService();
    expect(after.signs).toBe(before.signs);
    expect(after.published).toHaveLength(2);
    expect(await readdir(directory)).toEqual(
      expect.arrayContaining(['0001.jwk.json', 'manifest-000001.json']),
    );
  });

  it('loses the numbered file of a key that is gone', async () => {
    await putNumbered('0001.jwk.json');
    await keys.revoke({ keyId: await activeKeyId() });
    expect(await readdir(directory)).toEqual([expect.stringMatching(/^key-/), 'manifest-000001.json']);
  });
});

describe('the check', () => {
  it('finds nothing in a directory that the commands made', async () => {
    await keys.prepare();
    await keys.prepare();
    expect(await keys.check()).toEqual([]);
  });

  it('lists everything that is wrong at once, and shows nothing of a key', async () => {
    const first = (await keys.prepare()).changed[0]!.keyId;
    const second = (await keys.prepare()).changed[0]!.keyId;
    const firstFile = join(directory, `key-${first}.jwk.json`);
    const secret = (JSON.parse(await readFile(firstFile, 'utf8')) as { d: string }).d;
    await chmod(firstFile, 0o644);
    await writeFile(join(directory, `key-${second}.jwk.json`), await readFile(firstFile, 'utf8'));
    await putNumbered('0007.jwk.json');
    await writeFile(join(directory, '.1-a.tmp'), '');
    const problems = await keys.check();
    expect(problems.map(({ severity, path }) => [severity, path.slice(directory.length + 1)]).sort()).toEqual(
      [
        ['error', `key-${first}.jwk.json`],
        ['error', `key-${second}.jwk.json`],
        ['warning', '.1-a.tmp'],
        ['warning', '0007.jwk.json'],
      ].sort(),
    );
    expect(JSON.stringify(problems)).toContain(`chmod g-w,o-rwx ${firstFile}`);
    expect(JSON.stringify(problems)).not.toContain(secret);
  });

  it('warns of a directory that its group may write, which services take all the same', async () => {
    await keys.prepare();
    await chmod(directory, 0o2770);
    expect(await keys.check()).toEqual([
      { severity: 'warning', path: directory, problem: expect.stringContaining(`chmod g-w ${directory}`) },
    ]);
  });

  it('says of a directory that is not there that it cannot be read', async () => {
    expect(await keys.check()).toEqual([
      { severity: 'error', path: directory, problem: 'cannot be read (ENOENT): it does not exist' },
    ]);
    await expect(keys.read()).rejects.toMatchObject({ code: 'config_invalid' });
  });
});

it('every file is for this user only, and so is the directory', async () => {
  await keys.prepare();
  await keys.prepare();
  expect((await stat(directory)).mode & 0o777).toBe(0o700);
  for (const name of await readdir(directory))
    expect((await stat(join(directory, name))).mode & 0o777).toBe(0o600);
});
