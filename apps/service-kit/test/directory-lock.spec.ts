import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lockDirectory } from '../src/directory-lock.js';

describe('The lock on a directory', () => {
  let folder: string;

  beforeEach(() => {
    folder = join(mkdtempSync(join(tmpdir(), 'service-kit-')), 'database');
  });

  afterEach(() => {
    rmSync(join(folder, '..'), { recursive: true });
  });

  it('keeps out a second process while the first one runs, and takes over when it was killed', async () => {
    const owner = spawn(process.execPath, ['-e', 'process.stdin.resume()'], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    await once(owner, 'spawn');
    try {
      writeFileSync(`${folder}.lock`, String(owner.pid));
      expect(() => lockDirectory(folder)).toThrow(`is in use by process ${owner.pid}`);
    } finally {
      owner.kill('SIGKILL');
      await once(owner, 'exit');
    }
    lockDirectory(folder).release();
  });

  it('can be taken again after it was released', () => {
    lockDirectory(folder).release();
    lockDirectory(folder).release();
  });

  it('takes over a lock that a crash left unfinished', () => {
    writeFileSync(`${folder}.lock`, '');
    lockDirectory(folder).release();
  });
});
