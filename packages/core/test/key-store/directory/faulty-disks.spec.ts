import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKeyStore } from '../../../src/key-store/create-key-store.js';
import { openKeyDirectory, type KeyDirectory } from '../../../src/key-store/directory/key-directory.js';
import { createCrashingProcess, type CrashingProcess, type Ending } from '../../support/crashing-process.js';

let root: string;
let crashing: CrashingProcess;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'countersign-disks-'));
  crashing = await createCrashingProcess(join(root, 'core'));
});

afterAll(() => rm(root, { recursive: true }));

/** Runs a command on copies of one directory, with a fault at its first step, at its second, until it comes to its end. */
async function withFaultAtEachStep(
  original: string,
  command: string,
  fault: 'ENOSPC' | 'LOST_REPLY',
  look: (keys: KeyDirectory, ending: Ending, files: readonly string[]) => Promise<void>,
): Promise<void> {
  for (let step = 1; ; step += 1) {
    const directory = `${original}-${fault}-${command}-${String(step)}`;
    await cp(original, directory, { recursive: true });
    const ending = await crashing.run(directory, command, step, fault);
    if (!ending.isHit) return;
    await look(openKeyDirectory({ directory }), ending, await readdir(directory));
    await (await createKeyStore({ directory })).close();
    await rm(directory, { recursive: true });
  }
}

async function directoryWith(...commands: readonly ('prepare' | 'activate')[]): Promise<string> {
  const directory = await mkdtemp(join(root, 'keys-'));
  const keys = openKeyDirectory({ directory });
  for (const command of commands) await keys[command]({ ...(command === 'activate' && { force: true }) });
  return directory;
}

it.each([
  ['prepare', ['prepare']],
  ['retire', ['prepare', 'prepare', 'activate']],
  ['revoke', ['prepare']],
] as const)(
  'a disk that is full at any step of %s leaves the keys in use, and no new one',
  async (command, made) => {
    const original = await directoryWith(...made);
    let faults = 0;
    await withFaultAtEachStep(original, command, 'ENOSPC', async (keys, { code, stderr }, files) => {
      faults += 1;
      const { keys: records } = await keys.read();
      const named = new Set(records.map(({ file }) => file));
      expect(files.filter((name) => name.endsWith('.jwk.json') && !named.has(name))).toEqual([]);
      expect((await keys.check()).filter(({ severity }) => severity === 'error')).toEqual([]);
      expect(code).toBe(1);
      expect(stderr).toMatch(/\(ENOSPC\): the disk is full/);
      expect(stderr).not.toContain('sesame');
    });
    expect(faults).toBeGreaterThanOrEqual(6);
  },
);

it.each([
  ['prepare', ['prepare'], 2],
  ['activate', ['prepare', 'prepare'], 1],
] as const)(
  '%s is done once although a network file system lost the answer to a link',
  async (command, made, links) => {
    const original = await directoryWith(...made);
    let lost = 0;
    await withFaultAtEachStep(original, command, 'LOST_REPLY', async (keys, { code, stderr }) => {
      if (stderr.includes('lost')) lost += 1;
      expect(code).toBe(0);
      const { generation, keys: records } = await keys.read();
      expect(generation).toBe(made.length + 1);
      expect(records).toHaveLength(2);
    });
    expect(lost).toBe(links);
  },
);
