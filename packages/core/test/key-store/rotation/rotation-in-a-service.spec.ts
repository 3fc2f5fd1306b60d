import { fork } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createOwnKeys, published, type OwnKeys } from '../../support/own-keys.js';
import { transpileCore } from '../../support/transpiled-core.js';

let own: OwnKeys;

beforeEach(async () => {
  own = await createOwnKeys();
});

afterEach(() => own.close());

const READER = `
  import { createFixedClock } from './clock.js';
  import { createKeyStore } from './key-store/create-key-store.js';
  const [directory, now] = process.argv.slice(2);
  const warnings = [];
  const opened = createKeyStore({
    directory, rotateEverySeconds: 3600, clock: createFixedClock(Number(now)), allowOthersToReadKeys: true,
    onWarning: (warning) => warnings.push(warning),
  });
  const say = (answer) => process.send(answer, () => process.disconnect());
  opened.catch(({ code, message }) => say({ code, message }));
  const store = await opened.catch(() => new Promise(() => undefined));
  await store.reload();
  await store.close();
  say({ signs: store.signer().keyId, warnings });`;

describe('rotation inside a service', () => {
  const rotateEverySeconds = 3600;

  it('takes each step when it is due, and publishes at once what it did', async () => {
    const store = await own.open({ rotateEverySeconds });
    const first = store.signer().keyId;
    own.clock.advance(rotateEverySeconds - 330);
    await store.reload();
    expect([store.signer().keyId, published(store).length]).toEqual([first, 2]);
    own.clock.advance(330);
    await store.reload();
    expect(store.signer().keyId).not.toBe(first);
    own.clock.advance(630);
    await store.reload();
    expect(published(store)).toEqual([store.signer().keyId]);
    expect(own.warnings).toEqual([]);
  });

  /** What a service says that may read the directory, and not write it. */
  async function readerSays(directory: string): Promise<unknown> {
    const program = join(own.root, 'core', 'replica.mjs');
    await transpileCore(join(own.root, 'core'));
    await writeFile(program, READER);
    for (const name of await readdir(directory)) await chmod(join(directory, name), 0o444);
    await chmod(directory, 0o555);
    await chmod(own.root, 0o755);
    // Nothing keeps the superuser from writing: then a user that has no rights at all reads the directory.
    const child = fork(program, [directory, String(own.clock.now() + rotateEverySeconds - 330)], {
      execArgv: [],
      ...(process.getuid?.() === 0 && { uid: 65_534, gid: 65_534 }),
    });
    const [answer] = (await once(child, 'message')) as unknown[];
    return answer;
  }

  it('on a directory that cannot be written goes on with its keys, and says so once', async () => {
    await own.keys.prepare();
    expect(await readerSays(own.directory)).toEqual({
      signs: (await own.keys.read()).keys[0]?.keyId,
      warnings: [
        `${own.directory} cannot be changed (EACCES): this user may not; act as its owner; the keys are not rotated`,
      ],
    });
  });

  it('does not start on an empty directory that cannot be written', async () => {
    const empty = join(own.root, 'empty');
    await mkdir(empty);
    expect(await readerSays(empty)).toEqual({
      code: 'config_invalid',
      message: `${empty} holds no key, and none can be made in it: ${empty} cannot be changed (EACCES): this user may not; act as its owner`,
    });
  });

  it('that failed is a problem until it comes to its end, and is tried again after a minute', async () => {
    const store = await own.open({ rotateEverySeconds });
    const start = own.clock.now();
    own.clock.set(Date.parse('+010000-01-01T00:00:00Z') / 1000);
    await store.reload();
    expect(store.problems()).toEqual([expect.stringMatching(/must be a time.*; the keys are not rotated$/)]);
    own.clock.set(start + rotateEverySeconds - 330);
    own.clock.advance(59);
    await store.reload();
    expect([published(store).length, store.problems().length]).toEqual([1, 1]);
    own.clock.advance(1);
    await store.reload();
    expect([published(store).length, store.problems().length]).toEqual([2, 0]);
  });

  it.each([
    ['faster than keys can overlap', { rotateEverySeconds: 959 }, 'keys.rotateEverySeconds must be a number from 960'],
    ['as text', { rotateEverySeconds: '1d' }, 'keys.rotateEverySeconds must be a number'],
    ['with an overlap that is misspelt', { overlap: { cacheSeconds: 300 } }, 'keys.overlap.cacheSeconds is not an option'],
    ['with an overlap shorter than our own tokens', { overlap: { longestTokenSeconds: 60 } }, 'keys.overlap.longestTokenSeconds must be'],
    ['looking less often than replicas may differ', { rereadSeconds: 60 }, 'keys.rereadSeconds must be a number from 0.1 to 10'],
  ])('does not start: %s', async (_what, options, problem) => {
    await expect(own.open(options)).rejects.toThrow(problem);
  }); // prettier-ignore
});

describe('the time that verifiers may keep the keys', () => {
  it('is that of the directory, or the option where that is longer', async () => {
    expect((await own.open()).verifierCacheSeconds).toBe(300);
    expect((await own.open({ overlap: { verifierCacheSeconds: 900 } })).verifierCacheSeconds).toBe(900);
  });

  it('is written into the directory, so that no command goes faster than a service publishes', async () => {
    await own.open({ overlap: { verifierCacheSeconds: 900 } });
    expect((await own.keys.prepare()).next.notBefore).toBe(own.clock.now() + 930);
    expect((await own.open()).verifierCacheSeconds).toBe(900);
  });
});
