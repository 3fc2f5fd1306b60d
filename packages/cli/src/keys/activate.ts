import { type KeyDirectory } from '@countersign/core/rotation';
import { type Command } from 'commander';
import { carryOut, defineCommand, type Deliver } from './keys-command.js';
import { addKidArgument, shortKid, wholeKid } from './key-name.js';
import { type Findings, type KeysOptions } from './task.js';

type Options = KeysOptions & { readonly force?: boolean };

/** `countersign keys activate`: lets a pending key sign. */
export function addActivate(keys: Command, deliver: Deliver): void {
  const summary = 'let a pending key sign; the one that signed is published until its tokens have expired';
  const command = defineCommand(keys, 'activate', summary, 'activate --dir .data/keys');
  addKidArgument(command, 'the oldest pending key unless given')
    .option('--force', 'do it before other services can know the key')
    .action(async (kid: string | undefined, options: Options) => {
      const run = (directory: KeyDirectory): Promise<Findings> => activate(directory, kid, options);
      deliver(await carryOut({ name: 'activate', options, kid, run }, command), options);
    });
}

async function activate(
  directory: KeyDirectory,
  kid: string | undefined,
  { force = false }: Options,
): Promise<Findings> {
  const named = kid === undefined ? {} : { keyId: await wholeKid(directory, kid) };
  const state = await directory.activate({ ...named, force });
  const { changed } = state;
  const active = state.keys.find((key) => key.state === 'active');
  const name = shortKid(active?.keyId ?? '');
  if (changed.length === 0)
    return { outcome: 'nothing_due', sentences: [`${name} is active already.`], state };
  const before = changed.find(({ to }) => to === 'retiring');
  const sentences = [
    `${name} signs from now on. Running services notice by themselves; nothing needs a restart.`,
    ...(before === undefined
      ? []
      : [`${shortKid(before.keyId)} is retiring: it stays published until its last token has expired.`]),
  ];
  return { outcome: 'done', sentences, state, changed };
}
