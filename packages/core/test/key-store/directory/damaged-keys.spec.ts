import { chmod, cp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type OpenKeyStore } from '../../../src/signing-keys/key-store.js';
import { createOwnKeys, newJwk, published, type OwnKeys } from '../../support/own-keys.js';

let own: OwnKeys;

beforeEach(async () => {
  own = await createOwnKeys();
});

afterEach(() => own.close());

/** What may happen to a directory while a service runs, and why it may not start with it. */
const DAMAGES = [
  ['a key file is written half', (file: string) => writeFile(file, '{"kty":"EC","d":"sesame'), /must hold one private key/],
  ['a key file is empty', (file: string) => writeFile(file, ''), /must hold one private key/],
  ['a key file is swapped for another key', (file: string) => writeFile(file, newJwk()), /holds another key than/],
  ['a key file holds two halves', async (file: string) => {
    const jwk = JSON.parse(await readFile(file, 'utf8')) as object;
    const { x, y } = JSON.parse(newJwk()) as { x: string; y: string };
    await writeFile(file, JSON.stringify({ ...jwk, x, y }));
  }, /whose public half belongs to it/],
  ['others may read a key file', (file: string) => chmod(file, 0o604), /mode 604\); mend it with: chmod g-w,o-rwx/],
  ['the group may write a key file', (file: string) => chmod(file, 0o660), /mode 660\); mend it with: chmod g-w,o-rwx/],
  ['others may write the directory', () => chmod(own.directory, 0o707), /mode 707\); mend it with: chmod o-w/],
  ['a key file is gone', (file: string) => rm(file), /cannot be read \(ENOENT\)/],
  ['the directory is gone', () => rename(own.directory, join(own.root, 'elsewhere')), /cannot be read \(ENOENT\)/],
  ['the manifest says something that is not known', async () => {
    const file = join(own.directory, 'manifest-000002.json');
    const manifest = JSON.parse(await readFile(file, 'utf8')) as object;
    await writeFile(file, JSON.stringify({ ...manifest, comment: 'x' }));
  }, /manifest-000002\.json\.comment is not an option/],
] as const; // prettier-ignore

describe.each(DAMAGES)('when %s', (what, damage, problem) => {
  async function damaged(): Promise<{ readonly store: OpenKeyStore; readonly before: readonly string[] }> {
    const store = await own.open();
    await own.keys.prepare();
    await store.reload();
    const before = [store.signer().keyId, ...published(store)];
    await damage(join(own.directory, `key-${store.signer().keyId}.jwk.json`));
    return { store, before };
  }

  it('a running service keeps its keys, and says so once', async () => {
    const { store, before } = await damaged();
    for (let time = 0; time < 3; time += 1) await store.reload();
    expect([store.signer().keyId, ...published(store)]).toEqual(before);
    await expect(store.signer().sign(Buffer.from('x'))).resolves.toHaveLength(64);
    expect(own.warnings).toEqual([expect.stringMatching(problem)]);
    expect(own.warnings[0]).toContain('the keys that were read before stay in use');
    expect(own.warnings[0]).not.toContain('sesame');
    expect(store.problems()).toEqual(own.warnings);
  });

  if (what !== 'the directory is gone')
    it('no service starts', async () => {
      await damaged();
      const start = own.open();
      await expect(start).rejects.toMatchObject({ code: 'config_invalid' });
      await expect(start).rejects.toThrow(problem);
      await expect(start).rejects.not.toThrow('sesame');
    });
});

describe('a running service', () => {
  it('takes the keys again once they are mended, and tells of the next damage', async () => {
    const store = await own.open();
    const file = join(own.directory, `key-${store.signer().keyId}.jwk.json`);
    for (let time = 1; time <= 2; time += 1) {
      await chmod(file, 0o644);
      await store.reload();
      expect(own.warnings).toHaveLength(time);
      expect(store.problems()).toHaveLength(1);
      await chmod(file, 0o600);
      await store.reload();
      expect(store.problems()).toEqual([]);
    }
    await own.keys.prepare();
    await store.reload();
    expect(published(store)).toHaveLength(2);
  });

  it('takes a revoked key out although the file of another one is damaged', async () => {
    const store = await own.open();
    const first = store.signer().keyId;
    const second = (await own.keys.prepare()).changed[0]!.keyId;
    await own.keys.activate({ force: true });
    await store.reload();
    await writeFile(join(own.directory, `key-${second}.jwk.json`), '{');
    await own.keys.revoke({ keyId: first });
    await store.reload();
    expect(published(store)).toEqual([second]);
    expect(store.signer().keyId).toBe(second);
    expect(own.warnings).toEqual([expect.stringContaining(`key-${second}.jwk.json must hold`)]);
  });

  it('does not publish a new key whose file is damaged, and does when it is mended', async () => {
    const store = await own.open();
    const { keyId } = (await own.keys.prepare()).changed[0]!;
    const file = join(own.directory, `key-${keyId}.jwk.json`);
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.slice(0, 40));
    await store.reload();
    expect(published(store)).not.toContain(keyId);
    expect(own.warnings).toEqual([expect.stringContaining('that key is not published')]);
    await writeFile(file, text);
    await store.reload();
    expect(published(store)).toContain(keyId);
  });

  it('goes on although whoever is warned throws', async () => {
    const store = await own.open({
      onWarning: () => {
        throw new Error('the log is full');
      },
    });
    const file = join(own.directory, `key-${store.signer().keyId}.jwk.json`);
    await chmod(file, 0o644);
    await store.reload();
    await chmod(file, 0o600);
    await own.keys.prepare();
    await store.reload();
    expect(published(store)).toHaveLength(2);
  });

  it('does not go back to an older manifest, which could bring a revoked key back', async () => {
    const store = await own.open();
    const first = store.signer().keyId;
    await cp(own.directory, join(own.root, 'backup'), { recursive: true });
    await own.keys.revoke({ keyId: first });
    await store.reload();
    await rm(own.directory, { recursive: true });
    await cp(join(own.root, 'backup'), own.directory, { recursive: true });
    await store.reload();
    expect(published(store)).not.toContain(first);
    expect(own.warnings).toEqual([expect.stringContaining('holds an older manifest than before')]);
  });

  it('does not take another key under the name of a numbered one', async () => {
    const file = await own.put('0001.jwk.json');
    const store = await own.open();
    const before = published(store);
    await own.put('0001.jwk.json');
    await store.reload();
    expect(published(store)).toEqual(before);
    expect(own.warnings).toEqual([expect.stringContaining(`${file} holds another key than before`)]);
  });
});
