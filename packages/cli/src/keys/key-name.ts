import { CountersignError, type KeyDirectory, type KeyRecord } from '@countersign/core';

const SHORT = 8;

/** How a key is typed. */
export const KID_HELP = 'the key id, or the start of it, after -- if that is a hyphen';

/** A key as it is called in a sentence: the start of its id, which is enough to name it in a command. */
export function shortKid(kid: string): string {
  return kid.slice(0, SHORT);
}

/**
 * The whole id of the key that was typed, perhaps abbreviated to a start that no other key has. Keys that are gone count
 * only when no other fits.
 * @throws CountersignError `rotation_not_possible`
 */
export async function wholeKid(directory: KeyDirectory, typed: string): Promise<string> {
  const fitting = (await directory.read()).keys.filter(
    ({ keyId }) => typed !== '' && keyId.startsWith(typed),
  );
  const live = fitting.filter(({ state }) => state !== 'gone');
  const candidates = live.length > 0 ? live : fitting;
  const [key] = candidates;
  if (key !== undefined && candidates.length === 1) return key.keyId;
  throw new CountersignError('rotation_not_possible', problem(typed, candidates));
}

function problem(typed: string, candidates: readonly KeyRecord[]): string {
  if (candidates.length === 0) return `no key of this directory begins with ${JSON.stringify(typed)}`;
  const kids = candidates.map(({ keyId }) => keyId).join(', ');
  return `more than one key begins with ${JSON.stringify(typed)}: ${kids}`;
}
