import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type EndedSessions,
  endedSessions,
  MAX_ENDED_OF_ONE_USER,
  MAX_USERS,
  type Session,
} from '../src/session/ended-sessions.js';
import { openEndedSessions } from '../src/session/ended-sessions-file.js';

const MINUTE = 60_000;

let folder: string;
let file: string;
/** Milliseconds since the epoch. */
let now: number;
let ended: EndedSessions;

const open = () => openEndedSessions(file, () => now);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gateway-'));
  file = join(folder, 'deep', 'ended-sessions.json');
  now = 1_700_000_000_000;
  ended = open();
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** One that begins now. */
function session(id: string, user = 'ada'): Session {
  return { id, user, beganAt: now, endsAt: now + 15 * MINUTE };
}

describe('The list of ended sessions', () => {
  it('has those that were ended, until their end, and no other', async () => {
    const [first, second, ofAnother] = [session('1'), session('2'), session('1', 'grace')];
    await ended.end(first);
    expect(await ended.isEnded(first)).toBe(true);
    expect([await ended.isEnded(second), await ended.isEnded(ofAnother)]).toEqual([false, false]);
    now = first.endsAt - 1;
    await ended.end(session('3', 'grace'));
    expect(await ended.isEnded(first)).toBe(true);
    now = first.endsAt;
    await ended.end(session('4', 'grace'));
    expect(readFileSync(file, 'utf8')).not.toContain('ada');
  });

  it('is still there after a restart, in a file that nobody else can read', async () => {
    const [first, second] = [session('1'), session('2')];
    await ended.end(first);
    const later = open();
    expect([await later.isEnded(first), await later.isEnded(second)]).toEqual([true, false]);
    expect(statSync(file).mode & 0o077).toBe(0);
  });

  it.each(['', '{}', '[]', '{"everybodyUntil":0,"users":[["ada",{}]]}'])(
    'keeps the gateway from starting when it holds %j: nothing that was ended may begin again',
    async (content) => {
      await ended.end(session('1'));
      expect(() => open()).not.toThrow();
      writeFileSync(file, content);
      expect(() => open()).toThrow(/^DATA_DIR: .*ended-sessions\.json /);
    },
  );

  it('has no limit that brings a session back: who logs out too often is logged out everywhere', async () => {
    const sessions = Array.from({ length: MAX_ENDED_OF_ONE_USER + 1 }, (_, index) => session(String(index)));
    const [elsewhere, ofAnother] = [session('elsewhere'), session('other', 'grace')];
    for (const each of sessions.slice(0, -1)) await ended.end(each);
    expect(await ended.isEnded(elsewhere)).toBe(false);
    await ended.end(sessions.at(-1)!);
    for (const list of [ended, open()]) {
      for (const each of [...sessions, elsewhere]) expect(await list.isEnded(each)).toBe(true);
      expect(await list.isEnded(ofAnother)).toBe(false);
      now += 1;
      expect(await list.isEnded(session('after'))).toBe(false);
    }
    now = elsewhere.endsAt - 1;
    await ended.end(session('later', 'grace'));
    expect(await ended.isEnded(elsewhere)).toBe(true);
  });

  it('ends everybody rather than forget somebody when too many users log out', async () => {
    const sessions = Array.from({ length: MAX_USERS + 1 }, (_, index) => session('1', `user-${index}`));
    const elsewhere = session('1', 'grace');
    const users = sessions.slice(0, -2).map(({ id, user, endsAt }) => {
      return [user, { ids: [id], allUntil: 0, forgetAt: endsAt }] as const;
    });
    const inMemory = endedSessions(
      { users, everybodyUntil: 0 },
      () => undefined,
      () => now,
    );
    await inMemory.end(sessions.at(-2)!);
    expect(await inMemory.isEnded(elsewhere)).toBe(false);
    await inMemory.end(sessions.at(-1)!);
    for (const each of [sessions[0]!, sessions.at(-1)!, elsewhere])
      expect(await inMemory.isEnded(each)).toBe(true);
    now += 1;
    expect(await inMemory.isEnded(session('after'))).toBe(false);
  });
});
