import { cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createKeyStore } from '@countersign/core';
import { openKeyDirectory, type KeyDirectory, type KeyState } from '@countersign/core/rotation';
import { runCommand, type KeysCommand } from '../faults/run-command.js';
import { type Figure } from '../judge.js';
import { type Form, type Scene } from '../scene.js';

/** One command of the key directory, and what must be there before it. */
interface Step {
  readonly command: 'prepare' | 'activate' | 'retire' | 'revoke';
  /** Brings an empty directory to the state in which the command has something to do. */
  before(keys: KeyDirectory): Promise<unknown>;
  /** The state of the key that the command is about; none: it makes one. */
  readonly about: KeyState | undefined;
  /** May go too fast: the drill does not wait. */
  readonly forced: boolean;
  /** The state of that key when it is done. */
  readonly after: KeyState;
}

const STEPS: readonly Step[] = [
  {
    command: 'prepare',
    before: (keys) => keys.prepare(),
    about: undefined,
    forced: false,
    after: 'pending',
  },
  {
    command: 'activate',
    async before(keys) {
      await keys.prepare();
      await keys.prepare();
    },
    about: 'pending',
    forced: true,
    after: 'active',
  },
  {
    command: 'retire',
    async before(keys) {
      await keys.prepare();
      await keys.prepare();
      await keys.activate({ force: true });
    },
    about: 'retiring',
    forced: true,
    after: 'gone',
  },
  { command: 'revoke', before: (keys) => keys.prepare(), about: 'active', forced: false, after: 'gone' },
];

/** More writes than a command can have: one that never ends is a fault too. */
const MOST_WRITES = 60;

/** The short form falls on every third write only. */
const EVERY: Readonly<Record<Form, number>> = { full: 1, quick: 3 };
const FEWEST_KILLS: Readonly<Record<Form, number>> = { full: 5, quick: 2 };

export const kills: Scene = {
  name: 'killed commands',
  story: 'Each command that changes the keys is killed (SIGKILL) before each of its writes to the disk.',
  async play({ form, folder }) {
    const figures: Figure[] = [];
    await mkdir(folder, { recursive: true });
    for (const step of STEPS) figures.push(...(await killEverywhere(step, join(folder, step.command), form)));
    return figures;
  },
};

async function killEverywhere(step: Step, folder: string, form: Form): Promise<readonly Figure[]> {
  const { command } = step;
  const untouched = `${folder}-untouched`;
  await step.before(openKeyDirectory({ directory: untouched }));
  const { keys: records } = await openKeyDirectory({ directory: untouched }).read();
  const keyId = records.find(({ state }) => state === step.about)?.keyId;
  const typed: KeysCommand = { words: [command, ...(step.forced ? ['--force'] : [])], keyId };
  const found = { kills: 0, unreadable: 0, notStarted: 0, notRepeated: 0 };
  for (let write = 1; ; write += EVERY[form]) {
    await rm(folder, { recursive: true, force: true });
    await cp(untouched, folder, { recursive: true });
    const ending = await runCommand(typed, folder, write);
    if (!ending.killed && ending.code === 0) break;
    if (!ending.killed || write > MOST_WRITES) throw new Error(`${command} does not come to its end`);
    found.kills++;
    found.unreadable += await failures(() => openKeyDirectory({ directory: folder }).read());
    found.notStarted += await failures(() => startFrom(folder));
    found.notRepeated += await failures(() => repeat(step, typed, folder));
  }
  const none = { exactly: 0 };
  return [
    { figure: `${command}: kills`, measured: found.kills, wanted: { atLeast: FEWEST_KILLS[form] } },
    { figure: `${command}: directories that cannot be read`, measured: found.unreadable, wanted: none },
    { figure: `${command}: services that do not start`, measured: found.notStarted, wanted: none },
    { figure: `${command}: commands that cannot be repeated`, measured: found.notRepeated, wanted: none },
  ];
}

/** 0 when it goes well. */
async function failures(attempt: () => Promise<unknown>): Promise<number> {
  try {
    await attempt();
    return 0;
  } catch (error) {
    console.error(error);
    return 1;
  }
}

/** A service starts from what a killed command left: it signs, with a key that it publishes. */
async function startFrom(directory: string): Promise<void> {
  const keyStore = await createKeyStore({ directory });
  try {
    const signer = keyStore.signer();
    await signer.sign(Buffer.from('a token'));
    if (!keyStore.publicKeys().keys.some(({ kid }) => kid === signer.keyId))
      throw new TypeError('the key that signs is not published');
  } finally {
    await keyStore.close();
  }
}

/** The same command once more, not killed: it ends well, whether or not the killed one had come to its end. */
async function repeat({ command, after }: Step, typed: KeysCommand, directory: string): Promise<void> {
  const ending = await runCommand(typed, directory);
  if (ending.killed || ending.code !== 0) throw new Error(`${command} failed when it was repeated`);
  const { keyId } = typed;
  const keys = openKeyDirectory({ directory });
  const { keys: records } = await keys.read();
  const done = records.filter((record) => record.state === after && (keyId ?? record.keyId) === record.keyId);
  const active = records.filter(({ state }) => state === 'active');
  const errors = (await keys.check()).filter(({ severity }) => severity === 'error');
  if (done.length !== 1 || active.length !== 1 || errors.length > 0)
    throw new Error(`${command} did not do it when it was repeated`);
}
