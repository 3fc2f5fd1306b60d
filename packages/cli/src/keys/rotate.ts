import { type KeyDirectory } from '@countersign/core/rotation';
import { type Command, InvalidArgumentError } from 'commander';
import { parseDuration } from '../output/duration.js';
import { carryOut, defineCommand, type Deliver } from './keys-command.js';
import { shortKid } from './key-name.js';
import { addOverlapOptions, overlapOf, type OverlapOptions } from './overlap-options.js';
import { type Findings, type KeysOptions } from './task.js';

const DEFAULT_EVERY_SECONDS = 30 * 86_400;

type Options = KeysOptions & OverlapOptions & { readonly every?: number };

/** What became of a key, for somebody who reads the log of the schedule. */
const CHANGES: ReadonlyMap<string, string> = new Map([
  ['pending', 'was made and is published; it does not sign yet'],
  ['active', 'signs from now on'],
  ['retiring', 'is retiring: published until its last token has expired'],
  ['gone', 'is gone: not published any more, and its file is deleted'],
]);

/** `countersign keys rotate --auto`: the step that is due, for a schedule. */
export function addRotate(keys: Command, deliver: Deliver): void {
  const summary = 'take the step of the rotation that is due, if any; made for a schedule, such as cron';
  const command = defineCommand(keys, 'rotate', summary, 'rotate --auto --every 30d --dir .data/keys');
  addOverlapOptions(command)
    .requiredOption('--auto', 'decide by the state of the keys what is due; prints nothing when nothing is')
    .option('--every <duration>', 'how often another key shall sign: 90s, 15m, 12h (default: 30d)', duration)
    .action(async (options: Options) => {
      const run = (directory: KeyDirectory): Promise<Findings> =>
        rotate(directory, options.every ?? DEFAULT_EVERY_SECONDS).catch((error: unknown) => {
          if (error instanceof TypeError && error.message.startsWith('everySeconds '))
            command.error(`error: --every: ${error.message}`);
          throw error;
        });
      deliver(
        await carryOut({ name: 'rotate', options, overlap: overlapOf(options), run }, command),
        options,
      );
    });
}

async function rotate(directory: KeyDirectory, everySeconds: number): Promise<Findings> {
  const state = await directory.rotate({ everySeconds });
  const { changed } = state;
  if (changed.length === 0)
    return { outcome: 'nothing_due', sentences: ['Nothing is due.'], state, isQuiet: true };
  const sentences = changed.map(({ keyId, to }) => `${shortKid(keyId)} ${CHANGES.get(to) ?? to}.`);
  return { outcome: 'done', sentences, state, changed };
}

function duration(text: string): number {
  const seconds = parseDuration(text);
  if (seconds === undefined)
    throw new InvalidArgumentError('It must be a duration such as 90s, 15m, 12h or 30d.');
  return seconds;
}
