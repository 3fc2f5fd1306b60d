import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFixedClock } from '../../../src/clock.js';
import { createKeyStore } from '../../../src/key-store/create-key-store.js';
import { type OpenKeyStore } from '../../../src/signing-keys/key-store.js';
import { openKeyDirectory } from '../../../src/key-store/directory/key-directory.js';
import { transpileCore } from '../../support/transpiled-core.js';

const EVERY = 3600;
const START = 1_767_225_600;

let root: string;
let directory: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'countersign-races-'));
  directory = join(root, 'keys');
});

afterEach(() => rm(root, { recursive: true }));

async function statesNow(): Promise<readonly string[]> {
  const { keys } = await openKeyDirectory({ directory, clock: createFixedClock(START) }).read();
  return keys.map(({ state }) => state);
}

/** Files of keys in the directory: a loser of a race deletes its own. */
async function keyFiles(): Promise<number> {
  return (await readdir(directory)).filter((name) => name.endsWith('.jwk.json')).length;
}

describe('replicas in one process that share a directory', () => {
  const replicas: OpenKeyStore[] = [];

  afterEach(async () => {
    await Promise.all(replicas.splice(0).map((store) => store.close()));
  });

  it('make exactly one new key in each cycle, and all sign with it', async () => {
    const clock = createFixedClock(START);
    for (let index = 0; index < 4; index += 1)
      replicas.push(await createKeyStore({ directory, clock, rotateEverySeconds: EVERY, rereadSeconds: 10 }));
    const signed = new Set<string>();
    for (let cycle = 1; cycle <= 3; cycle += 1) {
      for (const seconds of [EVERY - 330 - 630, 630 - 300, 300, 330]) {
        clock.advance(seconds);
        await Promise.all(replicas.map((store) => store.reload()));
        await Promise.all(replicas.map((store) => store.reload()));
      }
      const { keys } = await openKeyDirectory({ directory, clock }).read();
      expect(keys).toHaveLength(1 + cycle);
      const signers = new Set(replicas.map((store) => store.signer().keyId));
      expect(signers.size).toBe(1);
      for (const keyId of signers) signed.add(keyId);
    }
    expect(signed.size).toBe(3);
    expect(await keyFiles()).toBe(2);
  });

  it('of fifty commands at once, each takes place once', async () => {
    const clock = createFixedClock(START);
    const keys = openKeyDirectory({ directory, clock });
    await keys.prepare();
    const prepared = await Promise.all(Array.from({ length: 50 }, () => keys.prepare()));
    expect(prepared.flatMap(({ changed }) => changed)).toHaveLength(1);
    clock.advance(330);
    await Promise.all(
      Array.from({ length: 50 }, (_, index) => (index === 0 ? keys.activate() : keys.prepare())),
    );
    expect((await keys.read()).keys.filter(({ state }) => state === 'active')).toHaveLength(1);
    expect(await keyFiles()).toBe((await keys.read()).keys.length);
  });
});

describe('replicas in processes of their own', () => {
  const PROGRAM = `
    import { createFixedClock } from './clock.js';
    import { createKeyStore } from './key-store/create-key-store.js';
    const clock = createFixedClock(${String(START)});
    let store;
    process.on('message', async ({ directory, advance }) => {
      clock.advance(advance);
      store ??= await createKeyStore({ directory, clock, rotateEverySeconds: ${String(EVERY)}, rereadSeconds: 10 });
      await store.reload();
      process.send({ signs: store.signer().keyId, published: store.publicKeys().keys.length });
    });
    process.send('ready');`;

  async function ask(children: readonly ChildProcess[], advance: number): Promise<readonly unknown[]> {
    const answers = children.map((child) => once(child, 'message'));
    for (const child of children) child.send({ directory, advance });
    return (await Promise.all(answers)).map(([answer]: unknown[]) => answer);
  }

  it('make exactly one new key in each cycle, and end up signing with the same', async () => {
    await transpileCore(join(root, 'core'));
    const program = join(root, 'core', 'replica.mjs');
    await writeFile(program, PROGRAM);
    const children = Array.from({ length: 4 }, () => fork(program, { execArgv: [] }));
    try {
      await Promise.all(children.map((child) => once(child, 'message')));
      await ask(children, 0);
      expect(await statesNow()).toEqual(['active']);

      await ask(children, EVERY - 330);
      expect(await statesNow()).toEqual(['active', 'pending']);
      await ask(children, 330);
      expect(await statesNow()).toEqual(['retiring', 'active']);
      await ask(children, 630);
      expect(await statesNow()).toEqual(['gone', 'active']);

      await ask(children, EVERY - 330 - 630);
      await ask(children, 330);
      expect(await statesNow()).toEqual(['gone', 'retiring', 'active']);
      const answers = await ask(children, 0);
      expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
      expect(await keyFiles()).toBe(2);
    } finally {
      for (const child of children) child.kill();
    }
  });
});
