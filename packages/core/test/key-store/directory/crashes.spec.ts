import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKeyStore } from '../../../src/key-store/create-key-store.js';
import { type OpenKeyStore } from '../../../src/signing-keys/key-store.js';
import { openKeyDirectory, type KeyDirectory } from '../../../src/key-store/directory/key-directory.js';
import { newJwk } from '../../support/own-keys.js';
import { createCrashingProcess, type CrashingProcess } from '../../support/crashing-process.js';

let root: string;
let crashing: CrashingProcess;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'countersign-crashes-'));
  crashing = await createCrashingProcess(join(root, 'core'));
});

afterAll(() => rm(root, { recursive: true }));

/** Runs the command on copies of one directory, killed at its first step, at its second, until it comes to its end. */
async function killedAtEachStep(
  original: string,
  command: string,
  look: (directory: string, step: number) => Promise<void>,
): Promise<number> {
  for (let step = 1; ; step += 1) {
    const directory = `${original}-${command}-${String(step)}`;
    await cp(original, directory, { recursive: true });
    const { signal } = await crashing.run(directory, command, step);
    if (signal === null) return step - 1;
    await look(directory, step);
    await rm(directory, { recursive: true });
  }
}

async function statesIn(keys: KeyDirectory): Promise<string> {
  const { keys: records } = await keys.read();
  return records.map(({ state }) => state).join(' ');
}

async function inService(directory: string): Promise<OpenKeyStore> {
  const store = await createKeyStore({ directory });
  await store.close();
  return store;
}

interface Case {
  readonly command: 'prepare' | 'activate' | 'retire' | 'revoke';
  readonly before: string;
  readonly after: string;
  readonly kind: 'with a manifest' | 'without a manifest';
}

/** The directory before each command, and what may be found after it was killed: nothing done, or all of it. */
const COMMANDS: readonly Case[] = [
  { command: 'prepare', before: 'active', after: 'active pending', kind: 'with a manifest' },
  { command: 'activate', before: 'active pending', after: 'retiring active', kind: 'with a manifest' },
  { command: 'retire', before: 'retiring active', after: 'gone active', kind: 'with a manifest' },
  { command: 'revoke', before: 'active pending', after: 'gone active', kind: 'with a manifest' },
  { command: 'revoke', before: 'active', after: 'gone active', kind: 'with a manifest' },
  { command: 'prepare', before: 'active', after: 'active pending', kind: 'without a manifest' },
  { command: 'revoke', before: 'active', after: 'gone active', kind: 'without a manifest' },
];

async function directoryWith(
  states: string,
  name: string,
  kind: Case['kind'] = 'with a manifest',
): Promise<string> {
  const directory = join(root, name);
  const keys = openKeyDirectory({ directory });
  if (kind === 'without a manifest') {
    await mkdir(directory, { mode: 0o700 });
    await writeFile(join(directory, '0001.jwk.json'), newJwk(), { mode: 0o600 });
    return directory;
  }
  await keys.prepare();
  if (states !== 'active') await keys.prepare();
  if (states === 'retiring active') await keys.activate({ force: true });
  return directory;
}

describe.each(COMMANDS)(
  'SIGKILL at every step of $command, from $before, $kind',
  ({ command, before, after, kind }) => {
    it('leaves a directory that a service starts from, and that the same command completes', async () => {
      const original = await directoryWith(before, `${command} ${before} ${kind}`, kind);
      const steps = await killedAtEachStep(original, command, async (directory) => {
        const keys = openKeyDirectory({ directory });
        const states = await statesIn(keys);
        expect([before, after]).toContain(states);
        const store = await inService(directory);
        const live = (await keys.read()).keys.filter(({ state }) => state !== 'gone');
        expect(store.publicKeys().keys.map(({ kid }) => kid)).toEqual(live.map(({ keyId }) => keyId));
        expect((await keys.check()).filter(({ severity }) => severity === 'error')).toEqual([]);

        // Of `revoke` the key that is meant is the one that signed before.
        const { keyId, file } = (await openKeyDirectory({ directory: original }).read()).keys[0]!;
        if (command === 'revoke') await keys.revoke({ keyId });
        if (command === 'prepare') await keys.prepare();
        if (command === 'retire') await keys.retire({ force: true });
        if (command === 'activate' && states === before) await keys.activate({ force: true });
        expect(await statesIn(keys)).toBe(after);
        if (after.startsWith('gone')) expect(await readdir(directory)).not.toContain(file);
      });
      expect(steps).toBeGreaterThanOrEqual(8);
    });
  },
);

it('SIGKILL at every step of revoke, when the pending key cannot sign, leaves what the same command completes', async () => {
  const original = await directoryWith('active pending', 'revoke without the pending key');
  const [signing, pending] = (await openKeyDirectory({ directory: original }).read()).keys;
  await rm(join(original, pending!.file));
  const steps = await killedAtEachStep(original, 'revoke', async (directory) => {
    const keys = openKeyDirectory({ directory });
    expect(['active pending', 'gone pending active']).toContain(await statesIn(keys));
    await keys.revoke({ keyId: signing!.keyId });
    expect(await statesIn(keys)).toBe('gone pending active');
    expect(await readdir(directory)).not.toContain(signing!.file);
    await keys.revoke({ keyId: pending!.keyId });
    const store = await inService(directory);
    expect(store.publicKeys().keys.map(({ kid }) => kid)).toEqual([store.signer().keyId]);
  });
  expect(steps).toBeGreaterThanOrEqual(14);
});

it('SIGKILL at every step of a service that makes its first key leaves a directory that it starts from', async () => {
  const original = join(root, 'nobody');
  await cp(await directoryWith('active', 'unused'), original, { recursive: true });
  for (const name of await readdir(original)) await rm(join(original, name));
  const steps = await killedAtEachStep(original, 'open', async (directory) => {
    const [first, second] = [await inService(directory), await inService(directory)];
    expect(first.publicKeys().keys).toHaveLength(1);
    expect(second.signer().keyId).toBe(first.signer().keyId);
  });
  expect(steps).toBeGreaterThanOrEqual(14);
});
