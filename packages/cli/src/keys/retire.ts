import { type KeyDirectory } from '@countersign/core/rotation';
import { type Command } from 'commander';
import { carryOut, defineCommand, type Deliver } from './keys-command.js';
import { addKidArgument, shortKid, wholeKid } from './key-name.js';
import { type Findings, type KeysOptions } from './task.js';

type Options = KeysOptions & { readonly force?: boolean };

/** `countersign keys retire`: takes retiring keys out. */
export function addRetire(keys: Command, deliver: Deliver): void {
  const summary = 'take a retiring key out and delete it, once its last token has expired';
  const command = defineCommand(keys, 'retire', summary, 'retire --dir .data/keys');
  addKidArgument(command, 'all whose time has come unless given')
    .option('--force', 'do it while tokens by the key may be under way')
    .action(async (kid: string | undefined, options: Options) => {
      const run = (directory: KeyDirectory): Promise<Findings> => retire(directory, kid, options);
      deliver(await carryOut({ name: 'retire', options, kid, run }, command), options);
    });
}

async function retire(
  directory: KeyDirectory,
  kid: string | undefined,
  { force = false }: Options,
): Promise<Findings> {
  const named = kid === undefined ? {} : { keyId: await wholeKid(directory, kid) };
  const state = await directory.retire({ ...named, force });
  const { changed } = state;
  if (changed.length === 0) {
    const sentence =
      kid === undefined ? 'No key is retiring.' : `${shortKid(named.keyId ?? '')} is gone already.`;
    return { outcome: 'nothing_due', sentences: [sentence], state };
  }
  const sentences = changed.map(
    ({ keyId }) => `${shortKid(keyId)} is gone: not published any more, and its file is deleted.`,
  );
  return { outcome: 'done', sentences, state, changed };
}
