import { CountersignError } from '@countersign/core';
import { type KeyDirectory, type KeyRecord } from '@countersign/core/rotation';
import { type Command } from 'commander';

const SHORT = 8;

/** An option that does not exist, unless it is a misspelt one: those are two hyphens and small letters. */
const LIKE_A_KID = /unknown option '(?!--[a-z-]+')(-[\w-]*)'/;

/**
 * Lets a command name a key. An id that is taken for an option is refused with what to write instead: a key that was made
 * elsewhere may have one that begins with a hyphen.
 * @param fallback what happens when it is left out; undefined: it must be given.
 */
export function addKidArgument(command: Command, fallback?: string): Command {
  const help = 'the key id, or the start of it, after -- if that is a hyphen';
  const isOptional = fallback !== undefined;
  return command
    .argument(isOptional ? '[kid]' : '<kid>', isOptional ? `${help}; ${fallback}` : help)
    .exitOverride((error) => {
      const [, typed] = LIKE_A_KID.exec(error.message) ?? [];
      if (typed !== undefined)
        process.stderr.write(`If that is a key id, put it last, after --: -- ${typed}\n`);
      throw error;
    });
}

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
