import { type Stats } from 'node:fs';
import { access, constants } from 'node:fs/promises';
import { invalidOption } from '../../options.js';
import { refuseAccessList } from './access-list.js';
import { errorCode } from '../../lib/error-text.js';

export const GROUP_WRITES = 0o020;
const OTHERS_WRITE = 0o002;
const OTHERS_READ = 0o004;

type Permissions = Pick<Stats, 'mode' | 'uid'>;

/**
 * Refuses a key file that is another user's, that others may read or write, or that the group may write. The group may read:
 * that is how an orchestrator hands a file to a user of its own. Windows has no such permissions: nothing is checked there.
 * @throws TypeError `config_invalid` with the command that mends it.
 */
export async function refuseExposedKey(
  path: string,
  stats: Permissions,
  allowOthersToRead: boolean,
): Promise<void> {
  refuseForeignOwner(path, stats, process.geteuid?.());
  const forbidden = GROUP_WRITES | OTHERS_WRITE | (allowOthersToRead ? 0 : OTHERS_READ);
  refuse(path, stats.mode, forbidden, 'chmod g-w,o-rwx');
  if (!allowOthersToRead) await refuseAccessList(path, stats);
}

/** The same for a manifest, which holds no secret: others may read it. */
export function refuseExposedManifest(path: string, stats: Permissions): void {
  refuseForeignOwner(path, stats, process.geteuid?.());
  refuse(path, stats.mode, GROUP_WRITES | OTHERS_WRITE, 'chmod go-w');
}

/**
 * Refuses what another user owns, who may change it whatever its mode says. Root may do so anyway.
 * @param us the user that this process acts as; undefined where there are no such users.
 */
export function refuseForeignOwner(path: string, { uid }: Pick<Stats, 'uid'>, us: number | undefined): void {
  if (us === undefined || uid === us || uid === 0) return;
  const problem = `belongs to another user (uid ${String(uid)}), who may change it`;
  throw invalidOption(path, `${problem}; act as that user, or mend it with: chown ${String(us)} ${path}`);
}

/**
 * Refuses a directory that is another user's, or that others may write: they could put keys of theirs into it. Kubernetes mounts
 * its secrets with such a mode, and read-only: then nobody can.
 */
export async function refuseExposedDirectory(path: string, stats: Permissions): Promise<void> {
  refuseForeignOwner(path, stats, process.geteuid?.());
  const { mode } = stats;
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
