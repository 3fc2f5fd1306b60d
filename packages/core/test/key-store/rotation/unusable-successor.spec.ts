import { renameSync } from 'node:fs';
import { chmod, cp, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openKeyDirectory } from '../../../src/key-store/directory/key-directory.js';
import { DirectoryWriter } from '../../../src/key-store/directory/directory-writer.js';
import { activation, type Transition } from '../../../src/key-store/rotation/transitions.js';
import { createOwnKeys, newJwk, published, type OwnKeys } from '../../support/own-keys.js';

let own: OwnKeys;

beforeEach(async () => {
  own = await createOwnKeys();
});

afterEach(() => own.close());

interface TwoKeys {
  readonly signing: string;
  readonly pending: string;
  readonly pendingFile: string;
}

async function signingAndPending(): Promise<TwoKeys> {
  const [signing, pending] = [await own.keys.prepare(), await own.keys.prepare()].map(
    ({ changed }) => changed[0]!.keyId,
  ) as [string, string];
  return { signing, pending, pendingFile: join(own.directory, `key-${pending}.jwk.json`) };
}

const DAMAGES = [
  ['is written half', (file: string) => writeFile(file, '{"kty":"EC","d":"sesame'), 'must hold one private key as a JWK'],
  ['holds another key', (file: string) => writeFile(file, newJwk()), 'holds another key than the manifest says'],
  ['may be read by others', (file: string) => chmod(file, 0o604), 'is open to other users (mode 604)'],
  ['is gone', (file: string) => rm(file), 'cannot be read (ENOENT): it does not exist'],
] as const; // prettier-ignore

describe.each(DAMAGES)('when the file of the pending key %s', (_what, damage, problem) => {
  it('the key that signs is revoked all the same: a new one signs, and a warning says what to mend', async () => {
    const { signing, pending, pendingFile } = await signingAndPending();
    const store = await own.open();
    await damage(pendingFile);
    const { changed, problems, keys } = await own.keys.revoke({ keyId: signing, reason: 'stolen' });

    const made = keys.at(-1)!.keyId;
    expect(changed).toEqual([
      { keyId: signing, from: 'active', to: 'gone' },
      { keyId: made, from: undefined, to: 'active' },
    ]);
    const [warning, ...others] = problems;
    expect(others).toEqual([]);
    expect(warning).toMatchObject({ severity: 'warning', path: pendingFile });
    expect(warning?.problem).toContain(problem);
    expect(warning?.problem).toContain(`revoke ${pending}`);
    expect(warning?.problem).not.toContain('sesame');
    expect(await readdir(own.directory)).not.toContain(`key-${signing}.jwk.json`);

    await store.reload();
    expect(store.signer().keyId).toBe(made);
    expect(published(store)).not.toContain(signing);
  });

  it('it lies there until it is mended or revoked too; then a service starts', async () => {
    const { signing, pending, pendingFile } = await signingAndPending();
    await damage(pendingFile);
    const { keys } = await own.keys.revoke({ keyId: signing });
    await expect(own.open()).rejects.toThrow(problem);
    await own.keys.revoke({ keyId: pending });
    const store = await own.open();
    expect(published(store)).toEqual([keys.at(-1)!.keyId]);
  });

  it('it is not activated, and the message names the file and what to do', async () => {
    const { signing, pending, pendingFile } = await signingAndPending();
    await damage(pendingFile);
    const activated = own.keys.activate({ force: true });
    await expect(activated).rejects.toMatchObject({ code: 'config_invalid' });
    await expect(activated).rejects.toThrow(`${pendingFile} ${problem}`);
    await expect(activated).rejects.toThrow(`revoke ${pending} and prepare another`);
    await expect(activated).rejects.not.toThrow('sesame');
    expect((await own.keys.read()).keys.find(({ state }) => state === 'active')?.keyId).toBe(signing);
  });
});

it('a whole pending key signs after a revocation, and nothing is warned of', async () => {
  const { signing, pending } = await signingAndPending();
  const { problems, changed } = await own.keys.revoke({ keyId: signing });
  expect({ problems, signs: changed.find(({ to }) => to === 'active')?.keyId }).toEqual({
    problems: [],
    signs: pending,
  });
});

it('an activation is decided again when somebody revokes the key before its file is read', async () => {
  const { pending } = await signingAndPending();
  const later = join(own.root, 'later');
  await cp(own.directory, later, { recursive: true });
  await openKeyDirectory({ directory: later, clock: own.clock }).revoke({ keyId: pending });

  const files = { directory: own.directory, allowOthersToReadKeys: false };
  const activate = activation({ force: true });
  const decisions: unknown[] = [];
  const overtaken: Transition = {
    ...activate,
    apply(rotation, now, made) {
      decisions.push(rotation);
      const keys = activate.apply(rotation, now, made);
      renameSync(own.directory, join(own.root, 'before'));
      renameSync(later, own.directory);
      return keys;
    },
  };
  await expect(new DirectoryWriter(files, {}, own.clock).change(overtaken)).rejects.toMatchObject({
    code: 'rotation_not_possible',
    message: expect.stringContaining('no key is pending'),
  });
  expect(decisions).toHaveLength(2);
});
