import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lockDirectory } from '../src/database/directory-lock.js';

describe('The lock on a directory', () => {
  let folder: string;

  beforeEach(() => {
    folder = join(mkdtempSync(join(tmpdir(), 'service-kit-')), 'database');
  });

  afterEach(() => {
    rmSync(join(folder, '..'), { recursive: true });
  });

  /** The lock of an owner, as it is found by whoever comes after. */
  function leaveLock(directory: string, owner: string): void {
    mkdirSync(`${directory}.locks`);
    writeFileSync(join(`${directory}.locks`, '7'), owner);
  }

  it('keeps out a second process while the first one runs, and takes over when it was killed', async () => {
    const owner = spawn(process.execPath, ['-e', 'process.stdin.resume()'], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    await once(owner, 'spawn');
    try {
      leaveLock(folder, String(owner.pid));
      expect(() => lockDirectory(folder)).toThrow(`is in use by process ${owner.pid}`);
    } finally {
      owner.kill('SIGKILL');
      await once(owner, 'exit');
    }
    lockDirectory(folder).release();
  });

  it('can be taken again after it was released, and leaves one small file', () => {
    lockDirectory(folder).release();
    lockDirectory(folder).release();
    expect(readdirSync(`${folder}.locks`)).toEqual(['2']);
  });

  it('takes over a lock that names nobody', () => {
    leaveLock(folder, '');
    lockDirectory(folder).release();
  });

  describe('among processes', () => {
    let takers: ChildProcess[];
    let gone: number;

    beforeAll(async () => {
      const ended = spawn(process.execPath, ['-e', '']);
      gone = ended.pid!;
      await once(ended, 'exit');
      const program = fileURLToPath(new URL('support/lock-taker.mjs', import.meta.url));
      takers = Array.from({ length: 4 }, () => fork(program));
      await Promise.all(takers.map((taker) => once(taker, 'message')));
    });

    afterAll(async () => {
      const ended = takers.map((taker) => once(taker, 'exit'));
      for (const taker of takers) taker.kill('SIGKILL');
      await Promise.all(ended);
    });

    async function all(order: string, options: object = {}): Promise<unknown[]> {
      const answers = takers.map((taker) => once(taker, 'message'));
      for (const taker of takers) taker.send({ order, ...options });
      return (await Promise.all(answers)).map(([answer]) => answer as unknown);
    }

    async function takeAtOnce(directory: string): Promise<number> {
      const got = await all('take', { directory, at: Date.now() + 5 });
      await all('release');
      return got.filter((hasGot) => hasGot === true).length;
    }

    it('is got by one of those that begin at the same moment', async () => {
      const owners: number[] = [];
      for (let round = 0; round < 60; round += 1) owners.push(await takeAtOnce(`${folder}-${round}`));
      expect(new Set(owners)).toEqual(new Set([1]));
    });

    it('is got by one of those that find a dead owner at the same moment', async () => {
      const owners: number[] = [];
      for (let round = 0; round < 60; round += 1) {
        leaveLock(`${folder}-${round}`, String(gone));
        owners.push(await takeAtOnce(`${folder}-${round}`));
      }
      expect(new Set(owners)).toEqual(new Set([1]));
    });

    it('is never held by two of those that come and go', async () => {
      expect(await all('comeAndGo', { directory: folder, times: 1_000 })).toEqual([0, 0, 0, 0]);
    });
  });
});
