import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MAX_RETIRED, openSigningKeys, type SigningKeys } from '../src/signing-keys.js';

const KEEP_SECONDS = 960;

let folder: string;
/** Seconds since the epoch. */
let now: number;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'idp-'));
  now = 1_700_000_000;
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

const open = () => openSigningKeys(folder, KEEP_SECONDS, () => now);
const kidsOf = ({ keys }: SigningKeys) => keys.map(({ kid }) => kid);

describe('The old keys of the provider', () => {
  it('stay published as long as a token by them may live, and no longer', () => {
    const signing = open();
    const [first] = kidsOf(signing);
    expect(signing.rotate()).toEqual({ isDone: true });
    now += KEEP_SECONDS - 1;
    expect(signing.rotate()).toEqual({ isDone: true });
    expect(kidsOf(signing)).toContain(first);
    now += 1;
    expect(signing.rotate()).toEqual({ isDone: true });
    expect(kidsOf(signing)).not.toContain(first);
  });

  it('are never more than a verifier takes, whose limit is 64: then the next key waits for the oldest to end', () => {
    const signing = open();
    for (let count = 0; count < MAX_RETIRED; count++) {
      expect(signing.rotate()).toEqual({ isDone: true });
      now += 1;
    }
    const before = kidsOf(signing);
    expect(before).toHaveLength(34);
    expect(signing.rotate()).toEqual({ isDone: false, retryAfterSeconds: KEEP_SECONDS - MAX_RETIRED });
    expect(kidsOf(signing)).toEqual(before);
    now += KEEP_SECONDS - MAX_RETIRED;
    expect(signing.rotate()).toEqual({ isDone: true });
    expect(kidsOf(signing)).toHaveLength(34);
    expect(kidsOf(open())).toEqual(kidsOf(signing));
  });

  it('are cut to that number, the oldest first, where a file has more', () => {
    const signing = open();
    for (let count = 0; count < MAX_RETIRED; count++) signing.rotate();
    const file = join(folder, 'keys.json');
    const stored = JSON.parse(readFileSync(file, 'utf8')) as { retired: unknown[] };
    stored.retired.push(...stored.retired, ...stored.retired, ...stored.retired);
    writeFileSync(file, JSON.stringify(stored));
    expect(kidsOf(open())).toEqual(kidsOf(signing));
  });
});
