const SAFE = /^[\w@%+=:,./-]+$/;

/** A word as it can be pasted into a shell. */
export function shellWord(word: string): string {
  return SAFE.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
