import { execFile } from 'node:child_process';
import { type Stats } from 'node:fs';
import { promisify } from 'node:util';
import { invalidOption } from '../../options.js';

/** Node reads no access lists. This program is on every Unix; GNU's and Apple's mark files that have one with a `+`. */
const LS = '/bin/ls';

const MARKED = /^\S{10}\+/;

const GROUP = 0o070;

/**
 * Refuses a key file with an access list that lets more users read it than its mode shows. On Linux the group bits of a mode
 * are the most that any entry of such a list gives (acl(5)): a file that its group may not touch need not be looked at.
 * What cannot be told is not refused: by another `ls`, on a network file system with lists of its own, or without processes.
 * @throws TypeError `config_invalid` with the command that mends it.
 */
export async function refuseAccessList(path: string, { mode }: Pick<Stats, 'mode'>): Promise<void> {
  const { platform } = process;
  if (platform === 'win32' || (platform === 'linux' && (mode & GROUP) === 0)) return;
  if (!(await isMarked(path))) return;
  const mend = platform === 'darwin' ? 'chmod -N' : 'setfacl -b';
  const problem = `has an access list, by which other users may read it; mend it with: ${mend} ${path}`;
  throw invalidOption(path, problem);
}

async function isMarked(path: string): Promise<boolean> {
  try {
    const { stdout } = await promisify(execFile)(LS, ['-ldL', '--', path], { timeout: 2000, env: {} });
    return MARKED.test(stdout);
  } catch {
    return false;
  }
}
