import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createKeyStore } from '@countersign/core';
import { countersign, countersignJson } from '../support/countersign.js';
import { scratchKeys, secretsIn, type ScratchKeys } from '../support/key-directories.js';

const PUBLICATION_SECONDS = 330;
const DRAIN_SECONDS = 630;

let scratch: ScratchKeys;

beforeEach(async () => {
  scratch = await scratchKeys();
});
afterEach(() => scratch.remove());

function keys(name: string, ...words: readonly string[]): readonly string[] {
  return ['keys', name, '--dir', scratch.path, ...words];
}

/** The directory as a pending key leaves it that was prepared so long ago. */
async function pendingSince(seconds: number): Promise<{ readonly active: string; readonly pending: string }> {
  await scratch.ago(seconds + 100).keys.prepare();
  const state = await scratch.ago(seconds).keys.prepare();
  const [active, pending] = state.keys.map(({ keyId }) => keyId) as [string, string];
  return { active, pending };
}

/** The same after the pending key was activated so long ago. */
async function retiringSince(
  seconds: number,
): Promise<{ readonly retiring: string; readonly active: string }> {
  const { active, pending } = await pendingSince(seconds + PUBLICATION_SECONDS);
  await scratch.ago(seconds).keys.activate();
  return { retiring: active, active: pending };
}

describe('keys prepare', () => {
  it('makes the first key, which signs at once', async () => {
    const path = join(scratch.path, 'new', 'keys');
    const { code, stdout } = await countersign(['keys', 'prepare', '--alg', 'EdDSA', '--dir', path]);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^Made [\w-]{8} \(EdDSA\), the first key of this directory: it is published and signs\.\n/,
    );
    const store = await createKeyStore({ directory: path });
    await store.close();
    expect(store.signer().algorithm).toBe('EdDSA');
  });

  it('publishes a second key that does not sign yet, and says when it may', async () => {
    const first = await scratch.ago(1000).keys.prepare();
    const { code, report } = await countersignJson(keys('prepare'));
    expect({ code, outcome: report.outcome }).toEqual({ code: 0, outcome: 'done' });
    const [change] = report.changed;
    expect(change).toMatchObject({ from: null, to: 'pending' });
    const made = report.keys!.find(({ kid }) => kid === change!.kid)!;
    expect(report.next).toMatchObject({ action: 'activate', kid: made.kid });
    expect(Date.parse(report.next!.notBefore) - Date.parse(made.preparedAt)).toBe(PUBLICATION_SECONDS * 1000);
    const store = await createKeyStore({ directory: scratch.path });
    await store.close();
    expect(store.signer().keyId).toBe(first.keys[0]!.keyId);
    expect(store.publicKeys().keys.map(({ kid }) => kid)).toContain(made.kid);
  });

  it('makes nothing while a key is pending', async () => {
    const { pending } = await pendingSince(10);
    const { code, stdout } = await countersign(keys('prepare'));
    expect(code).toBe(0);
    expect(stdout).toMatch(`Nothing was made: ${pending.slice(0, 8)} is pending already.`);
  });

  it('remembers how long keys must overlap', async () => {
    await scratch.ago(1000).keys.prepare();
    await countersign(keys('prepare', '--verifier-cache-seconds', '3600', '--longest-token-seconds', '900'));
    const { report } = await countersignJson(keys('show'));
    expect(report.overlap).toEqual({ verifierCacheSeconds: 3600, longestTokenSeconds: 900 });
    const made = report.keys!.find(({ state }) => state === 'pending')!;
    expect(Date.parse(report.next!.notBefore) - Date.parse(made.preparedAt)).toBe(3_630_000);
  });
});

describe('keys activate', () => {
  it('lets the pending key sign once every verifier can know it', async () => {
    const { active, pending } = await pendingSince(PUBLICATION_SECONDS);
    const { code, stdout } = await countersign(keys('activate'));
    expect(code).toBe(0);
    expect(stdout).toContain(`${pending.slice(0, 8)} signs from now on.`);
    expect(stdout).toContain(`${active.slice(0, 8)} is retiring`);
    expect(stdout).toMatch(/Next, from \S+Z \(in 11 min\):\n {2}npx --no countersign keys retire /);
  });

  it('refuses before, and says when it is safe, how to do it now, and what that would break', async () => {
    // As much of the fourth minute as there is: the command may start late.
    const { pending } = await pendingSince(PUBLICATION_SECONDS - 239);
    const { code, stdout, stderr } = await countersign(keys('activate', '--', pending.slice(0, 8)));
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^Refused: /);
    expect(stderr).toMatch(/Safe from 20\S+Z \(in 4 min\):/);
    // Where the key's id stands depends on whether it begins with a hyphen: key-name.spec.ts pastes such a command.
    expect(stderr).toMatch(/To do it now all the same:\n {2}npx --no countersign keys activate .*--force/);
    expect(stderr).toContain(` --dir '${scratch.path}' `);
    expect(stderr).toMatch(/What that would break: .*401 key_unknown/);
  });

  it('says the same in JSON, with commands that can be pasted', async () => {
    const { pending } = await pendingSince(PUBLICATION_SECONDS - 200);
    const { code, report } = await countersignJson(keys('activate'));
    expect({ code, outcome: report.outcome, changed: report.changed }).toEqual({
      code: 1,
      outcome: 'refused',
      changed: [],
    });
    const command = `npx --no countersign keys activate --dir '${scratch.path}'`;
    expect(report.refusal).toMatchObject({
      code: 'rotation_too_early',
      command,
      forceCommand: `${command} --force`,
    });
    expect(report.refusal!.notBefore).toBe(report.next!.notBefore);
    expect(report.next!.kid).toBe(pending);
  });

  it('goes too fast when it is forced', async () => {
    const { pending } = await pendingSince(1);
    const { code, report } = await countersignJson(keys('activate', '--force'));
    expect(code).toBe(0);
    expect(report.changed).toContainEqual({ kid: pending, from: 'pending', to: 'active' });
  });

  it('refuses when no key is pending, and no waiting helps', async () => {
    await scratch.ago(1000).keys.prepare();
    const { code, report } = await countersignJson(keys('activate'));
    expect(code).toBe(1);
    expect(report.refusal).toMatchObject({
      code: 'rotation_not_possible',
      notBefore: null,
      forceCommand: null,
    });
  });

  it('says which key signs, and since when, when it is run again after it was interrupted', async () => {
    const { active } = await retiringSince(60);
    const { code, stderr } = await countersign(keys('activate'));
    expect(code).toBe(1);
    expect(stderr).toMatch(
      new RegExp(`^Refused: no key is pending: ${active} has signed since 20\\S+Z\\. .*nothing is due`),
    );
  });

  it('has nothing to do for the key that is active', async () => {
    const { active } = await pendingSince(1);
    const { code, report } = await countersignJson(keys('activate', '--', active));
    expect({ code, outcome: report.outcome }).toEqual({ code: 0, outcome: 'nothing_due' });
  });
});

describe('keys retire', () => {
  it('deletes the key whose last token has expired', async () => {
    const { retiring } = await retiringSince(DRAIN_SECONDS);
    const { code, stdout } = await countersign(keys('retire'));
    expect(code).toBe(0);
    expect(stdout).toContain(`${retiring.slice(0, 8)} is gone`);
    expect((await readdir(scratch.path)).filter((name) => name.includes(retiring))).toEqual([]);
  });

  it('refuses before, and says what forcing it would break', async () => {
    await retiringSince(DRAIN_SECONDS - 90);
    const { code, stderr } = await countersign(keys('retire'));
    expect(code).toBe(1);
    expect(stderr).toMatch(/Safe from 20\S+Z \(in \d\d s\):/);
    expect(stderr).toMatch(/What that would break: tokens .* 401 key_unknown/);
  });

  it('goes too fast when it is forced', async () => {
    const { retiring } = await retiringSince(1);
    expect((await countersignJson(keys('retire', '--force'))).report.changed).toEqual([
      { kid: retiring, from: 'retiring', to: 'gone' },
    ]);
  });

  it('has nothing to do when no key is retiring', async () => {
    await pendingSince(1);
    expect(await countersign(keys('retire'))).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('No key is retiring.'),
    });
  });

  it('does not take the active key', async () => {
    const { active } = await retiringSince(DRAIN_SECONDS);
    const { code, report } = await countersignJson(keys('retire', '--force', '--', active));
    expect({ code, refusal: report.refusal!.code }).toEqual({ code: 1, refusal: 'rotation_not_possible' });
  });
});

describe('keys revoke', () => {
  it('deletes the active key at once; the pending one signs, and the reason is kept', async () => {
    const { active, pending } = await pendingSince(1);
    const { code, stdout } = await countersign(keys('revoke', '--reason', 'stolen', '--', active));
    expect(code).toBe(0);
    expect(stdout).toContain(`${active.slice(0, 8)} is revoked`);
    expect(stdout).toContain(`${pending.slice(0, 8)}, which was pending, signs from now on.`);
    expect(stdout).toMatch(/until they fetch it again: by 20\S+Z as long as they reach it\./);
    expect(stdout).toMatch(/One that cannot reach it trusts the key .* maxStaleSeconds/);
    await expect(access(join(scratch.path, `key-${active}.jwk.json`))).rejects.toThrow('ENOENT');
    const { report } = await countersignJson(keys('show'));
    expect(report.keys!.find(({ kid }) => kid === active)).toMatchObject({ state: 'gone', reason: 'stolen' });
    expect((await countersign(keys('show', '--all'))).stdout).toContain('revoked: stolen');
  });

  it('makes a new key when the only one is revoked', async () => {
    const { keys: made } = await scratch.ago(1).keys.prepare();
    const { stdout } = await countersign(keys('revoke', '--', made[0]!.keyId));
    expect(stdout).toMatch(/[\w-]{8} was made and signs from now on/);
  });

  it('has nothing to do for a key that is gone', async () => {
    const { active } = await pendingSince(1);
    await countersign(keys('revoke', '--', active));
    expect(await countersignJson(keys('revoke', '--', active))).toMatchObject({
      code: 0,
      report: { outcome: 'nothing_due' },
    });
  });
});

describe('keys show', () => {
  it('lists kid, algorithm, state, since when, and the next step of each key', async () => {
    const { active, pending } = await pendingSince(PUBLICATION_SECONDS - 90);
    const { code, stdout } = await countersign(keys('show'));
    expect(code).toBe(0);
    expect(stdout).toMatch(/^.* holds 2 keys: 1 active, 1 pending\.\nkid +alg +state +since +next step\n/);
    expect(stdout).toMatch(
      new RegExp(`\\n${active.slice(0, 8)}  ES256  active   20\\S+Z \\([67] min ago\\)\\n`),
    );
    expect(stdout).toMatch(
      new RegExp(
        `\\n${pending.slice(0, 8)}  ES256  pending  20\\S+Z \\(\\d+ min ago\\)  activate 20\\S+Z \\(in \\d\\d s\\)\\n`,
      ),
    );
  });

  it('knows an empty directory', async () => {
    const { code, stdout } = await countersign(keys('show'));
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('holds no key yet.\nNext, safe now:'),
    });
  });

  it('is one document with the same members in JSON', async () => {
    await scratch.ago(1).keys.prepare();
    const { report } = await countersignJson(keys('show'));
    expect(report).toEqual({
      command: 'keys show',
      outcome: 'done',
      directory: scratch.path,
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      message: `${scratch.path} holds 1 key: 1 active.`,
      changed: [],
      keys: [
        {
          kid: expect.stringMatching(/^[\w-]{43}$/),
          alg: 'ES256',
          state: 'active',
          file: expect.stringMatching(/\.jwk\.json$/),
          preparedAt: expect.stringMatching(/Z$/),
          activatedAt: expect.stringMatching(/Z$/),
          retiringAt: null,
          goneAt: null,
          reason: null,
        },
      ],
      overlap: { verifierCacheSeconds: 300, longestTokenSeconds: 300 },
      next: {
        action: 'prepare',
        kid: null,
        notBefore: expect.stringMatching(/Z$/),
        command: expect.stringContaining('keys prepare'),
      },
      refusal: null,
      problems: [],
    });
  });

  it('and every other command print nothing of a private key', async () => {
    await retiringSince(1);
    const secrets = await secretsIn(scratch.path);
    expect(secrets).toHaveLength(2);
    for (const name of ['show', 'prepare', 'activate', 'retire', 'verify']) {
      const { stdout, stderr } = await countersign(keys(name, '--json'));
      for (const secret of secrets) expect(stdout + stderr).not.toContain(secret);
    }
  });
});
