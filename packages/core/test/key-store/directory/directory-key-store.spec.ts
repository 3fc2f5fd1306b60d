import { chmod, cp, mkdir, readdir, rename, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { createOwnKeys, published, type OwnKeys } from '../../support/own-keys.js';

let own: OwnKeys;

beforeEach(async () => {
  own = await createOwnKeys();
});

afterEach(() => own.close());

describe('a store that is open', () => {
  it('follows each step of a rotation, without a restart', async () => {
    const store = await own.open();
    const first = store.signer().keyId;
    const second = (await own.keys.prepare()).changed[0]!.keyId;
    await store.reload();
    expect([store.signer().keyId, published(store)]).toEqual([first, [first, second]]);
    own.clock.advance(330);
    await own.keys.activate();
    await store.reload();
    expect([store.signer().keyId, published(store)]).toEqual([second, [first, second]]);
    own.clock.advance(630);
    await own.keys.retire();
    await store.reload();
    expect([store.signer().keyId, published(store)]).toEqual([second, [second]]);
    expect(own.warnings).toEqual([]);
  });

  it('looks by itself, every rereadSeconds', async () => {
    const store = await own.open({ rereadSeconds: 0.1 });
    const first = store.signer().keyId;
    await own.keys.revoke({ keyId: first });
    while (store.signer().keyId === first) await new Promise(setImmediate);
    expect(published(store)).not.toContain(first);
  });

  it('does not look any more once it is closed', async () => {
    const store = await own.open({ rereadSeconds: 0.1 });
    await store.close();
    const first = store.signer().keyId;
    const other = await own.open({ rereadSeconds: 0.1 });
    await own.keys.revoke({ keyId: first });
    while (other.signer().keyId === first) await new Promise(setImmediate);
    expect(store.signer().keyId).toBe(first);
  });

  it('takes a numbered key that is added to a directory without a manifest', async () => {
    await own.put('0001.jwk.json');
    const store = await own.open();
    await own.put('0002.jwk.json');
    await store.reload();
    expect(published(store)).toHaveLength(2);
    expect(store.signer().keyId).toBe(published(store)[1]);
  });

  it('says that a numbered key beside a manifest is not used', async () => {
    const store = await own.open();
    const file = await own.put('0002.jwk.json');
    await store.reload();
    await store.reload();
    expect(published(store)).toHaveLength(1);
    expect(own.warnings).toEqual([`${file} is not used: the manifest does not name it`]);
  });

  it('follows a mount that Kubernetes swaps, behind its symbolic links', async () => {
    await own.keys.prepare();
    await cp(own.directory, join(own.root, '..1'), { recursive: true });
    const mount = join(own.root, 'mount');
    await mkdir(mount, { mode: 0o700 });
    await symlink(join(own.root, '..1'), join(mount, '..data'));
    const link = async (): Promise<void> => {
      for (const name of await readdir(join(mount, '..data')))
        await symlink(join('..data', name), join(mount, name)).catch(() => undefined);
    };
    await link();
    const store = await own.open({ directory: mount });
    const second = (await own.keys.revoke({ keyId: store.signer().keyId })).changed[1]!.keyId;
    await cp(own.directory, join(own.root, '..2'), { recursive: true });
    await symlink(join(own.root, '..2'), join(mount, '..data_tmp'));
    await rename(join(mount, '..data_tmp'), join(mount, '..data'));
    await link();
    await store.reload();
    expect(store.signer().keyId).toBe(second);
    expect(own.warnings).toEqual([]);
  });
});

describe('permissions', () => {
  it('let the group read, as an orchestrator hands a file to the group of a service', async () => {
    const store = await own.open();
    const [name] = await readdir(own.directory);
    await chmod(join(own.directory, name!), 0o440);
    await store.reload();
    expect(own.warnings).toEqual([]);
  });

  it('let others read a key only by an option that is named for it, and never write', async () => {
    const file = await own.put('0001.jwk.json');
    await chmod(file, 0o644);
    await expect(own.open()).rejects.toThrow(`${file} is open to other users (mode 644)`);
    await own.open({ allowOthersToReadKeys: true });
    await chmod(file, 0o646);
    await expect(own.open({ allowOthersToReadKeys: true })).rejects.toThrow('chmod');
  });
});
