import { chmod, chown, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { refuseForeignOwner } from '../../../src/key-store/directory/permissions.js';
import { setAccessList } from '../../support/access-list.js';
import { createOwnKeys, published, type OwnKeys } from '../../support/own-keys.js';

/** Nobody that runs tests. */
const ANOTHER = 54_321;

let own: OwnKeys;

beforeEach(async () => {
  own = await createOwnKeys();
});

afterEach(() => own.close());

async function fileNamed(begin: string): Promise<string> {
  const name = (await readdir(own.directory)).find((each) => each.startsWith(begin));
  return join(own.directory, name!);
}

/** Only root gives files away: then it is done, and for anybody else it is nothing that could be done to a file of ours. */
async function isGivenAway(path: string): Promise<boolean> {
  const fault = await chown(path, ANOTHER, ANOTHER).then(
    () => undefined,
    (error: unknown) => error,
  );
  const isRoot = process.geteuid?.() === 0;
  expect(fault).toEqual(isRoot ? undefined : expect.objectContaining({ code: 'EPERM' }));
  return isRoot;
}

describe('the owner of a key file', () => {
  it.each([
    [1000, 1000],
    [0, 1000],
    [0, 0],
    [65_534, 65_534],
  ])('may be user %d for user %d: this one, or root', (uid, us) => {
    expect(() => refuseForeignOwner('key.jwk.json', { uid }, us)).not.toThrow();
  });

  it.each([
    [1001, 1000],
    [1000, 0],
    [65_534, 1000],
  ])('is not user %d for user %d', (uid, us) => {
    expect(() => refuseForeignOwner('key.jwk.json', { uid }, us)).toThrow(
      `key.jwk.json belongs to another user (uid ${String(uid)}), who may change it; act as that user, or mend it with: chown ${String(us)} key.jwk.json`,
    );
  });

  it('is anybody where there are no such users', () => {
    expect(() => refuseForeignOwner('key.jwk.json', { uid: 1000 }, undefined)).not.toThrow();
  });
});

describe.each([
  ['the directory', () => Promise.resolve(own.directory)],
  ['a key file', () => fileNamed('key-')],
  ['a manifest', () => fileNamed('manifest-')],
])('where another user owns %s', (what, find) => {
  it('a service does not start, and commands do nothing', async () => {
    await own.keys.prepare();
    const path = await find();
    const isForeign = await isGivenAway(path);
    const expected = isForeign
      ? `${path} belongs to another user (uid ${String(ANOTHER)})`
      : 'nothing is wrong';
    const outcome = (done: Promise<unknown>): Promise<string> =>
      done.then(
        () => 'nothing is wrong',
        (error: unknown) => String(Reflect.get(Object(error), 'message')),
      );
    expect(await outcome(own.open())).toContain(expected);
    const problems = await own.keys.check();
    expect(problems.map(({ severity }) => severity)).toEqual(isForeign ? ['error'] : []);
    expect(problems.map((each) => `${each.path} ${each.problem}`).join()).toContain(
      isForeign ? expected : '',
    );
    if (what !== 'a key file') expect(await outcome(own.keys.read())).toContain(expected);
  });

  it('a running service keeps its keys', async () => {
    const store = await own.open();
    await own.keys.prepare();
    await store.reload();
    const before = published(store);
    await isGivenAway(await find());
    await own.keys.prepare().catch(() => undefined);
    await store.reload();
    expect(published(store)).toEqual(before);
  });
});

describe('an access list', () => {
  /** What it says, and whether the key file of a directory that it is put on can be used. */
  async function start(list: string, options: object = {}): Promise<{ shown: boolean; problem: string }> {
    await own.keys.prepare();
    const path = await fileNamed('key-');
    const shown = await setAccessList(path, list);
    const problem = await own.open(options).then(
      () => '',
      (error: unknown) => String(Reflect.get(Object(error), 'message')).replaceAll(path, 'the key'),
    );
    return { shown, problem };
  }

  it('by which another user may read a key file keeps a service from starting, where the file system knows such lists', async () => {
    const { shown, problem } = await start('user::rw-,user:1234:r--,group::---,mask::r--,other::---');
    expect(problem).toBe(
      shown
        ? 'the key has an access list, by which other users may read it; mend it with: setfacl -b the key'
        : '',
    );
    const problems = (await own.keys.check()).map((each) => each.problem);
    expect(problems).toEqual(shown ? [expect.stringContaining('access list')] : []);
  });

  it('that lets nobody do what the mode does not let the group does not matter', async () => {
    const { shown, problem } = await start('user::rw-,user:1234:r--,group::---,mask::---,other::---');
    expect({ shown, problem }).toEqual({ shown: false, problem: '' });
  });

  it('does not matter where others may read keys by an option that is named for it', async () => {
    const list = 'user::rw-,user:1234:r--,group::---,mask::r--,other::---';
    expect((await start(list, { allowOthersToReadKeys: true })).problem).toBe('');
  });

  it('is none where the group may read, and nobody else', async () => {
    await own.keys.prepare();
    await chmod(await fileNamed('key-'), 0o640);
    await expect(own.open()).resolves.toBeDefined();
  });

  it('by which another user may write a key file is refused by the mode that shows it', async () => {
    const { shown, problem } = await start('user::rw-,user:1234:rw-,group::---,mask::rw-,other::---');
    expect(problem).toMatch(shown ? /is open to other users \(mode 660\)/ : /^$/);
  });
});

it('an empty directory of another user is not filled with keys', async () => {
  await mkdir(own.directory, { mode: 0o700 });
  const isForeign = await isGivenAway(own.directory);
  await own.open().catch(() => undefined);
  expect(await readdir(own.directory)).toHaveLength(isForeign ? 0 : 2);
});
