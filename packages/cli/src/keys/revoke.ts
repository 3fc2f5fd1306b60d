import { publicationSeconds, type KeyDirectory } from '@countersign/core/rotation';
import { type Command, InvalidArgumentError } from 'commander';
import { roundedUpIsoTime } from '../output/iso-time.js';
import { carryOut, defineCommand, type Deliver } from './keys-command.js';
import { addKidArgument, shortKid, wholeKid } from './key-name.js';
import { type Findings, type KeysOptions } from './task.js';

type Options = KeysOptions & { readonly reason?: string };

/** `countersign keys revoke`: takes a key out at once. */
export function addRevoke(keys: Command, deliver: Deliver): void {
  const summary = 'take a key out at once, whatever its state: it may be in the wrong hands';
  const example = 'revoke 3fJk7a2B --dir .data/keys --reason "laptop stolen"';
  const command = defineCommand(keys, 'revoke', summary, example);
  addKidArgument(command)
    .option('--reason <text>', 'why, for whoever looks later: it is kept with the key', oneLine)
    .action(async (kid: string, options: Options) => {
      const run = (directory: KeyDirectory): Promise<Findings> => revoke(directory, kid, options);
      deliver(await carryOut({ name: 'revoke', options, kid, run }, command), options);
    });
}

async function revoke(directory: KeyDirectory, kid: string, { reason }: Options): Promise<Findings> {
  const keyId = await wholeKid(directory, kid);
  const state = await directory.revoke({ keyId, ...(reason !== undefined && { reason }) });
  const { changed, overlap, problems } = state;
  if (changed.length === 0)
    return { outcome: 'nothing_due', sentences: [`${shortKid(keyId)} is gone already.`], state };
  const gone = state.keys.find((key) => key.keyId === keyId);
  const successor = changed.find(({ to }) => to === 'active');
  const forgotten = roundedUpIsoTime((gone?.goneAt ?? 0) + publicationSeconds(overlap));
  const sentences = [
    `${shortKid(keyId)} is revoked: not published any more, and its file is deleted.`,
    `Services that fetched your key set before may accept its tokens until they fetch it again: by ${forgotten} as long as they reach it.`,
    'One that cannot reach it trusts the key for as long as its maxStaleSeconds says, 24 h unless configured: check that the key set answers.',
  ];
  if (successor !== undefined) sentences.push(successorSentence(shortKid(successor.keyId), successor.from));
  return { outcome: 'done', sentences, state, changed, problems };
}

function successorSentence(name: string, from: string | undefined): string {
  return from === 'pending'
    ? `${name}, which was pending, signs from now on.`
    : `${name} was made and signs from now on: services that do not know it yet fetch your key set, or answer 401 key_unknown until they do.`;
}

function oneLine(text: string): string {
  if (!/^\P{C}{1,200}$/u.test(text))
    throw new InvalidArgumentError('It must be one line of 200 characters at most.');
  return text;
}
