import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createKeyStore } from '@countersign/core';
import { countersign, countersignJson } from '../support/countersign.js';
import { scratchKeys, type ScratchKeys } from '../support/key-directories.js';

/** Where the command is installed, as in the folder of a service. */
const INSTALLED = fileURLToPath(new URL('../../../..', import.meta.url));

let scratch: ScratchKeys;

beforeEach(async () => {
  scratch = await scratchKeys();
});
afterEach(() => scratch.remove());

/** Puts a key into the directory whose id begins like that, as an operator does by hand. */
async function addKey(file: string, start: string): Promise<string> {
  for (;;) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = privateKey.export({ format: 'jwk' });
    const { kid } = (await createKeyStore({ privateKeys: [jwk] })).publicKeys().keys[0]!;
    if (!kid.startsWith(start)) continue;
    const path = join(scratch.path, file);
    await writeFile(path, JSON.stringify(jwk), { mode: 0o600 });
    return kid;
  }
}

describe('a key', () => {
  it('is named by the start of its id', async () => {
    const kid = await addKey('0001.jwk.json', '');
    const { code, report } = await countersignJson([
      'keys',
      'revoke',
      '--dir',
      scratch.path,
      '--',
      kid.slice(0, 8),
    ]);
    expect(code).toBe(0);
    expect(report.changed).toContainEqual({ kid, from: 'active', to: 'gone' });
  });

  it('is not named by a start that another key has, too; both are listed then', async () => {
    const one = await addKey('0001.jwk.json', 'A');
    const other = await addKey('0002.jwk.json', 'A');
    const { code, stderr } = await countersign(['keys', 'revoke', '--dir', scratch.path, 'A']);
    expect(code).toBe(1);
    expect(stderr).toBe(`Refused: more than one key begins with "A": ${one}, ${other}\n`);
  });

  it.each(['nobody', ''])('is not named by %j, which none begins with', async (start) => {
    await addKey('0001.jwk.json', 'A');
    const { code, stderr } = await countersign(['keys', 'revoke', '--dir', scratch.path, '--', start]);
    expect(code).toBe(1);
    expect(stderr).toBe(`Refused: no key of this directory begins with "${start}"\n`);
  });

  it('may begin with a hyphen: commands that are printed can be pasted into a shell', async () => {
    const kid = await addKey('0001.jwk.json', '-');
    await addKey('0002.jwk.json', '');
    const { report } = await countersignJson(['keys', 'retire', '--dir', scratch.path, '--', kid]);
    const command = report.refusal!.forceCommand!;
    // The system's own folders and node's, as somebody has them who logs in.
    const PATH = [dirname(process.execPath), '/usr/bin', '/bin'].join(':');
    const { stdout } = await promisify(execFile)('/bin/sh', ['-c', command], {
      cwd: INSTALLED,
      env: { PATH },
    });
    expect(stdout).toContain(`${kid.slice(0, 8)} is gone`);
  });

  it.each(['-Tz4oP1Q', '--z4oP1Q', '-Vz4oP1Q', '-hz4oP1Q', '-z'])(
    'that is taken for an option (%s) is refused, with what to write',
    async (kid) => {
      await addKey('0001.jwk.json', '');
      for (const name of ['activate', 'retire', 'revoke']) {
        const { code, stdout, stderr } = await countersign(['keys', name, kid, '--dir', scratch.path]);
        expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
        expect(stderr).toContain(`unknown option '${kid}'`);
        expect(stderr).toContain(`If that is a key id, put it last, after --: -- ${kid}\n`);
      }
    },
  );

  it.each([
    ['a misspelt option', ['retire', '--forse']],
    ['a command that names no key', ['show', '-Tz4oP1Q']],
  ])('is not spoken of for %s', async (_what, words) => {
    const { code, stderr } = await countersign(['keys', ...words, '--dir', scratch.path]);
    expect(code).toBe(2);
    expect(stderr).toContain('unknown option');
    expect(stderr).not.toContain('key id');
  });
});
