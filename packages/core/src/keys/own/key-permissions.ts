import { type Stats } from 'node:fs';
import { access, constants } from 'node:fs/promises';
import { invalidOption } from '../../options.js';
import { errorCode } from './system-fault.js';

export const GROUP_WRITES = 0o020;
const OTHERS_WRITE = 0o002;
const OTHERS_READ = 0o004;

/**
 * Refuses a key file that others may read or write, or that the group may write. The group may read: that is how an
 * orchestrator hands a file to a user of its own. Windows has no such permissions: nothing is checked there.
 * @throws TypeError `config_invalid` with the command that mends it.
 */
export function refuseExposedKey(
  path: string,
  { mode }: Pick<Stats, 'mode'>,
  allowOthersToRead: boolean,
): void {
  refuse(path, mode, GROUP_WRITES | OTHERS_WRITE | (allowOthersToRead ? 0 : OTHERS_READ), 'chmod g-w,o-rwx');
}

/** The same for a manifest, which holds no secret: others may read it. */
export function refuseExposedManifest(path: string, { mode }: Pick<Stats, 'mode'>): void {
  refuse(path, mode, GROUP_WRITES | OTHERS_WRITE, 'chmod go-w');
}

/**
 * Refuses a directory that others may write: they could put keys of theirs into it. Kubernetes mounts its secrets with such a
 * mode, and read-only: then nobody can.
 */
export async function refuseExposedDirectory(path: string, { mode }: Pick<Stats, 'mode'>): Promise<void> {
  if ((mode & OTHERS_WRITE) === 0 || process.platform === 'win32') return;
  if (!(await isReadOnly(path))) refuse(path, mode, OTHERS_WRITE, 'chmod o-w');
}

function refuse(path: string, mode: number, forbidden: number, mend: string): void {
  if ((mode & forbidden) === 0 || process.platform === 'win32') return;
  const permissions = (mode & 0o777).toString(8).padStart(3, '0');
  throw invalidOption(path, `is open to other users (mode ${permissions}); mend it with: ${mend} ${path}`);
}

/** The system says so of a file system, whoever asks. */
async function isReadOnly(path: string): Promise<boolean> {
  try {
    await access(path, constants.W_OK);
    return false;
  } catch (error) {
    return errorCode(error) === 'EROFS';
  }
}
