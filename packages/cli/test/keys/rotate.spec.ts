import { type KeyState } from '@countersign/core/rotation';
import { countersign, countersignJson } from '../support/countersign.js';
import { scratchKeys, type ScratchKeys } from '../support/key-directories.js';

const DAY = 86_400;

let scratch: ScratchKeys;

beforeEach(async () => {
  scratch = await scratchKeys();
});
afterEach(() => scratch.remove());

function rotate(...words: readonly string[]): readonly string[] {
  return ['keys', 'rotate', '--auto', '--dir', scratch.path, ...words];
}

async function states(): Promise<readonly KeyState[]> {
  return (await scratch.ago(0).keys.read()).keys.map(({ state }) => state);
}

describe('keys rotate --auto', () => {
  it('makes the first key', async () => {
    expect((await countersign(rotate())).code).toBe(0);
    expect(await states()).toEqual(['active']);
  });

  it('prints nothing when nothing is due', async () => {
    await scratch.ago(DAY).keys.prepare();
    expect(await countersign(rotate('--every', '30d'))).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await states()).toEqual(['active']);
  });

  it('says in JSON that nothing is due, and when the next step is', async () => {
    await scratch.ago(DAY).keys.prepare();
    const { code, report } = await countersignJson(rotate('--every', '30d'));
    expect({ code, outcome: report.outcome, changed: report.changed }).toEqual({
      code: 0,
      outcome: 'nothing_due',
      changed: [],
    });
    const seconds = (Date.parse(report.next!.notBefore) - Date.parse(report.keys![0]!.activatedAt!)) / 1000;
    expect(report.next!.action).toBe('prepare');
    expect(seconds).toBeCloseTo(30 * DAY - 330, -1);
  });

  it('prepares, activates and retires, each when it is due', async () => {
    await scratch.ago(30 * DAY - 330).keys.prepare();
    const prepared = await countersign(rotate());
    expect(prepared.stdout).toMatch(
      /^[\w-]{8} was made and is published; it does not sign yet\.\nNext, from /,
    );
    expect(await states()).toEqual(['active', 'pending']);
    expect((await countersign(rotate())).stdout).toBe('');
  });

  it('activates a key that was prepared in time', async () => {
    await scratch.ago(30 * DAY).keys.prepare();
    await scratch.ago(400).keys.prepare();
    expect((await countersign(rotate())).stdout).toMatch(/signs from now on\.\n/);
    expect(await states()).toEqual(['retiring', 'active']);
  });

  it('retires a key whose last token has expired', async () => {
    await scratch.ago(31 * DAY).keys.prepare();
    await scratch.ago(2000).keys.prepare();
    await scratch.ago(1000).keys.activate();
    expect((await countersign(rotate())).stdout).toMatch(/is gone/);
    expect(await states()).toEqual(['gone', 'active']);
  });

  it('rotates more often when it is told to', async () => {
    await scratch.ago(DAY).keys.prepare();
    expect((await countersignJson(rotate('--every', '1d'))).report.changed).toMatchObject([
      { to: 'pending' },
    ]);
  });

  it('takes a step once when four machines run it at once', async () => {
    await scratch.ago(30 * DAY).keys.prepare();
    const ended = await Promise.all(Array.from({ length: 4 }, () => countersign(rotate())));
    expect(ended.map(({ code, stderr }) => ({ code, stderr }))).toEqual(
      Array(4).fill({ code: 0, stderr: '' }),
    );
    expect(ended.filter(({ stdout }) => stdout !== '')).toHaveLength(1);
    expect(await states()).toEqual(['active', 'pending']);
  });

  it('makes no directory that is not there: a misspelt name is no empty directory', async () => {
    const { code, stderr } = await countersign(['keys', 'rotate', '--auto', '--dir', `${scratch.path}/keyz`]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^Failed: .*keyz cannot be read \(ENOENT\)/);
  });
});
