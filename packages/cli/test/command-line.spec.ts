import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { BIN, countersign } from './support/countersign.js';
import { scratchKeys, type ScratchKeys } from './support/key-directories.js';

const COMMANDS = ['prepare', 'activate', 'retire', 'revoke', 'show', 'verify', 'rotate'];

let scratch: ScratchKeys;

beforeEach(async () => {
  scratch = await scratchKeys();
});
afterEach(() => scratch.remove());

describe('the command line', () => {
  it('says its version', async () => {
    const manifest = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'));
    expect(await countersign(['--version'])).toEqual({
      code: 0,
      stdout: `${manifest.version}\n`,
      stderr: '',
    });
  });

  it('says what to do where it was not built, and shows no stack trace', async () => {
    await mkdir(scratch.path, { recursive: true });
    const copy = join(scratch.path, 'countersign.mjs');
    await cp(BIN, copy);
    const child = spawn(process.execPath, [copy], { env: {}, stdio: ['ignore', 'pipe', 'pipe'] });
    const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^Failed: .* run npm run build first.*\n$/),
    });
  });

  it.each(COMMANDS)('has a help with an example for keys %s', async (name) => {
    const { code, stdout, stderr } = await countersign(['keys', name, '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`Example:\n  $ npx --no countersign keys ${name} `);
    expect(stdout).toContain('--dir <path>');
    expect(stdout).toContain('--json');
  });

  it.each([
    ['an unknown command', ['keys', 'shw', '--dir', 'x'], /unknown command 'shw'\n\(Did you mean show\?\)/],
    ['an unknown option', ['keys', 'show', '--dir', 'x', '--jsn'], /unknown option '--jsn'/],
    ['a word too many', ['keys', 'show', '--dir', 'x', 'y'], /too many arguments/],
    ['no directory', ['keys', 'show'], /required option '--dir <path>' not specified/],
    ['an empty directory name', ['keys', 'show', '--dir', ''], /directory must be a non-empty string/],
    ['no key to revoke', ['keys', 'revoke', '--dir', 'x'], /missing required argument 'kid'/],
    ['a reason of two lines', ['keys', 'revoke', 'a', '--dir', 'x', '--reason', 'a\nb'], /one line/],
    ['no --auto', ['keys', 'rotate', '--dir', 'x'], /required option '--auto' not specified/],
    [
      'a duration without a unit',
      ['keys', 'rotate', '--auto', '--every', '30', '--dir', 'x'],
      /90s, 15m, 12h or 30d/,
    ],
    [
      'an algorithm that signs nothing',
      ['keys', 'prepare', '--alg', 'HS256', '--dir', 'x'],
      /Allowed choices are ES256/,
    ],
    [
      'seconds that are no number',
      ['keys', 'prepare', '--verifier-cache-seconds', '5m', '--dir', 'x'],
      /whole seconds/,
    ],
    [
      'seconds out of range',
      ['keys', 'prepare', '--verifier-cache-seconds', '59', '--dir', 'x'],
      /verifierCacheSeconds must be/,
    ],
    ['an address that is no URL', ['keys', 'verify', '--url', 'herald', '--dir', 'x'], /http or https URL/],
    ['an address of a file', ['keys', 'verify', '--url', 'file:///x', '--dir', 'x'], /http or https URL/],
    [
      'an address with a password',
      ['keys', 'verify', '--url', 'https://a:b@c/', '--dir', 'x'],
      /without user and password/,
    ],
  ])('ends with 2 and one line of help for %s', async (_, words, message) => {
    const { code, stdout, stderr } = await countersign(words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).toContain('Add --help to see what is possible');
    expect(stderr).not.toMatch(/\n {4}at /);
  });

  it('ends with 2 for a cycle that is shorter than its own steps', async () => {
    await scratch.ago(0).keys.prepare();
    const { code, stderr } = await countersign([
      'keys',
      'rotate',
      '--auto',
      '--every',
      '15m',
      '--dir',
      scratch.path,
    ]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/--every: .*from 960 /);
  });

  it('takes the directory from KEYS_DIR, and rather from --dir', async () => {
    await scratch.ago(0).keys.prepare();
    const environment = { KEYS_DIR: scratch.path };
    expect((await countersign(['keys', 'show'], environment)).stdout).toContain('1 key: 1 active');
    expect((await countersign(['keys', 'show', '--dir', '/nowhere/at/all'], environment)).code).toBe(1);
  });

  it('says what it could not do on stderr, ends with 1, and shows no stack trace', async () => {
    const path = join(scratch.path, 'nowhere');
    expect(await countersign(['keys', 'show', '--dir', path])).toEqual({
      code: 1,
      stdout: '',
      stderr: `Failed: ${path} cannot be read (ENOENT): it does not exist\n`,
    });
  });

  it('says in the JSON, too, what it could not do', async () => {
    const { code, stdout, stderr } = await countersign([
      'keys',
      'show',
      '--json',
      '--dir',
      join(scratch.path, 'x'),
    ]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^Failed: /);
    expect(JSON.parse(stdout)).toMatchObject({
      command: 'keys show',
      outcome: 'failed',
      keys: null,
      next: null,
    });
  });

  it('prints nothing of a broken key', async () => {
    const { keys } = await scratch.ago(0).keys.prepare();
    const path = join(scratch.path, keys[0]!.file);
    const key = await readFile(path, 'utf8');
    await writeFile(path, key.slice(0, -10));
    const secret = /"d":"([\w-]{12})/.exec(key)![1]!;
    for (const name of ['show', 'verify', 'prepare', 'activate'])
      for (const flags of [[], ['--json']]) {
        const { stdout, stderr } = await countersign(['keys', name, '--dir', scratch.path, ...flags]);
        expect(stdout + stderr).not.toContain(secret);
      }
  });

  it('colours nothing that goes into a pipe', async () => {
    await scratch.ago(0).keys.prepare();
    const { stdout } = await countersign(['keys', 'show', '--dir', scratch.path], { TERM: 'xterm-256color' });
    expect(stdout).not.toContain('\u001B');
  });

  it('ends quietly when nobody reads on', async () => {
    await scratch.ago(0).keys.prepare();
    const child = spawn(process.execPath, [BIN, 'keys', 'show', '--json', '--dir', scratch.path]);
    child.stdout.destroy();
    const [stderr] = await Promise.all([text(child.stderr), once(child, 'close')]);
    expect(stderr).toBe('');
  });
});
