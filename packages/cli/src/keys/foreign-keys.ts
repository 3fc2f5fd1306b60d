import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { COUNTERSIGN } from './command-text.js';
import { type Findings } from './task.js';

/**
 * Refuses to let root change keys that belong to another user: the new files would be root's, and the service, which runs as
 * that user, could not read them. Other users are not looked at: they may share keys by their group.
 * Of a directory that holds no key its own owner counts.
 * @param uid the user who runs the command; undefined where there are no such users.
 * @returns undefined when there is nothing to refuse, also for a directory that is not there.
 */
export async function refuseForeignKeys(
  directory: string,
  uid: number | undefined,
): Promise<Findings | undefined> {
  if (uid !== 0) return undefined;
  const files = await readdir(directory).catch(() => []);
  const keys = files.filter((name) => name.endsWith('.jwk.json'));
  const paths = keys.length === 0 ? [directory] : keys.map((name) => join(directory, name));
  const owners = await Promise.all(paths.map(ownerOf));
  const owner = owners.find((each) => each !== undefined && each !== uid);
  if (owner === undefined) return undefined;
  const user = String(owner);
  return {
    outcome: 'refused',
    sentences: [
      `Refused: ${directory} belongs to user ${user} and you are root: the service could not read what you write.`,
      `Run the same command as that user: sudo -u '#${user}' ${COUNTERSIGN} ...`,
    ],
    refusal: {
      code: 'keys_of_another_user',
      notBefore: undefined,
      command: undefined,
      forceCommand: undefined,
      wouldBreak: undefined,
    },
  };
}

/** Undefined for a file that was deleted meanwhile. */
async function ownerOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.uid;
}
