import { chown, mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { refuseForeignKeys } from '../../src/keys/foreign-keys.js';
import { scratchKeys, type ScratchKeys } from '../support/key-directories.js';

const ROOT = 0;
const NOBODY = 65_534;

let scratch: ScratchKeys;

beforeEach(async () => {
  scratch = await scratchKeys();
});
afterEach(() => scratch.remove());

/** The user who owns the one key of the directory; never root. */
async function makeKeyOfAnotherUser(): Promise<number> {
  const { keys } = await scratch.ago(0).keys.prepare();
  const path = join(scratch.path, keys[0]!.file);
  if ((await stat(path)).uid === ROOT) await chown(path, NOBODY, NOBODY);
  return (await stat(path)).uid;
}

describe('keys of another user', () => {
  it('are not changed by root, whose files the service could not read', async () => {
    const user = await makeKeyOfAnotherUser();
    const findings = await refuseForeignKeys(scratch.path, ROOT);
    expect(findings?.refusal?.code).toBe('keys_of_another_user');
    expect(findings?.sentences.join(' ')).toContain(`sudo -u '#${String(user)}' npx --no countersign`);
  });

  it('may be changed by their owner, by others whose group may, and where there are no such users', async () => {
    const user = await makeKeyOfAnotherUser();
    for (const uid of [user, user + 1, undefined])
      expect(await refuseForeignKeys(scratch.path, uid)).toBeUndefined();
  });

  it('are those that are to come in an empty directory of theirs', async () => {
    const empty = join(scratch.path, 'empty');
    await mkdir(empty, { recursive: true });
    if ((await stat(empty)).uid === ROOT) {
      expect(await refuseForeignKeys(empty, ROOT)).toBeUndefined();
      await chown(empty, NOBODY, NOBODY);
    }
    expect((await refuseForeignKeys(empty, ROOT))?.refusal?.code).toBe('keys_of_another_user');
  });

  it('are not in a directory that is not there', async () => {
    expect(await refuseForeignKeys(join(scratch.path, 'nowhere'), ROOT)).toBeUndefined();
  });
});
