import { access, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { countersign, countersignJson } from '../support/countersign.js';
import { scratchKeys, type ScratchKeys } from '../support/key-directories.js';

let scratch: ScratchKeys;

beforeEach(async () => {
  scratch = await scratchKeys();
});
afterEach(() => scratch.remove());

async function signingAndPending(): Promise<{ readonly signing: string; readonly pending: string }> {
  await scratch.ago(1000).keys.prepare();
  const { keys } = await scratch.ago(900).keys.prepare();
  const [signing, pending] = keys.map(({ keyId }) => keyId) as [string, string];
  return { signing, pending };
}

function fileOf(kid: string): string {
  return join(scratch.path, `key-${kid}.jwk.json`);
}

describe('a stolen key', () => {
  it('is revoked although the file of the pending key is missing: a new key signs, and a warning says so', async () => {
    const { signing, pending } = await signingAndPending();
    await rm(fileOf(pending));
    const { code, stdout, stderr } = await countersign(['keys', 'revoke', '--dir', scratch.path, signing]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`${signing.slice(0, 8)} is revoked`);
    expect(stdout).toMatch(/[\w-]{8} was made and signs from now on/);
    const warning = `warning  ${fileOf(pending)}: cannot be read (ENOENT): it does not exist; so another key signs;`;
    expect(stdout).toContain(warning);
    await expect(access(fileOf(signing))).rejects.toThrow('ENOENT');
  });

  it('is revoked although the file of the pending key is cut off, and the JSON names the file', async () => {
    const { signing, pending } = await signingAndPending();
    await writeFile(fileOf(pending), '{"kty":"EC","d":"sesame');
    const { code, report } = await countersignJson(['keys', 'revoke', '--dir', scratch.path, signing]);
    expect({ code, outcome: report.outcome }).toEqual({ code: 0, outcome: 'done' });
    expect(report.changed.map(({ from, to }) => [from, to])).toEqual([
      ['active', 'gone'],
      [null, 'active'],
    ]);
    expect(report.problems).toEqual([
      {
        severity: 'warning',
        path: fileOf(pending),
        problem: expect.stringMatching(/^must hold .*; mend it, or/),
      },
    ]);
    expect(JSON.stringify(report)).not.toContain('sesame');
  });
});

it('a pending key whose file is missing is not activated, and the message says what to mend', async () => {
  const { pending } = await signingAndPending();
  await rm(fileOf(pending));
  expect(await countersign(['keys', 'activate', '--dir', scratch.path])).toMatchObject({
    code: 1,
    stderr: `Failed: ${fileOf(pending)} cannot be read (ENOENT): it does not exist; mend it, or revoke ${pending} and prepare another\n`,
  });
});
