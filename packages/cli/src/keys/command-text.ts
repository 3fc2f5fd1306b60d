import { shortKid } from './key-name.js';
import { shellWord } from '../output/shell-word.js';
import { type KeysOptions } from './task.js';

/** Runs the command where the service is installed, or a global one, and fetches none: the bare name is seldom on the PATH. */
export const COUNTERSIGN = 'npx --no countersign';

/** What to type for a command on the same directory, as it can be pasted into a shell. */
export function commandText(
  name: string,
  { dir, allowOthersToReadKeys = false }: KeysOptions,
  kid: string | undefined,
  ...flags: readonly string[]
): string {
  const key = kid === undefined ? [] : [shortKid(kid)];
  const options = ['--dir', dir, ...(allowOthersToReadKeys ? ['--allow-others-to-read-keys'] : []), ...flags];
  // A key id may begin with a hyphen: it must not be taken for an option.
  const isLikeOption = kid?.startsWith('-') === true;
  const words = isLikeOption ? [name, ...options, '--', ...key] : [name, ...key, ...options];
  return [COUNTERSIGN, 'keys', ...words.map(shellWord)].join(' ');
}
