import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '@countersign/core';
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
/** Milliseconds that have passed, whatever the clock on the wall says. */
let elapsed: number;
let ended: EndedSessions;

const clock: Clock = { now: () => now / 1000, monotonic: () => elapsed / 1000 };
const open = () => openEndedSessions(file, clock);

function pass(milliseconds: number): void {
  now += milliseconds;
  elapsed += milliseconds;
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gateway-'));
  file = join(folder, 'deep', 'ended-sessions.json');
  now = 1_700_000_000_000;
  elapsed = 0;
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
    pass(15 * MINUTE - 1);
    await ended.end(session('3', 'grace'));
    expect(await ended.isEnded(first)).toBe(true);
    pass(1);
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
    pass(elsewhere.endsAt - 1 - now);
    await ended.end(session('later', 'grace'));
    expect(await ended.isEnded(elsewhere)).toBe(true);
  });

  it.each([5000, 60 * MINUTE])(
    'has all of them when the clock is set back by %d ms before a user logs out once too often',
    async (step) => {
      const sessions = Array.from({ length: MAX_ENDED_OF_ONE_USER }, (_, index) => session(String(index)));
      const last = session('last');
      for (const each of sessions) await ended.end(each);
      now -= step;
      await ended.end(last);
      for (const list of [ended, open()])
        for (const each of [...sessions, last]) expect(await list.isEnded(each)).toBe(true);
      // Until the last of them is over, also by that clock.
      pass(last.endsAt - 1 - now);
      await ended.end(session('later', 'grace'));
      for (const each of [...sessions, last]) expect(await ended.isEnded(each)).toBe(true);
    },
  );

  it('has all of them when the clock is set back before one user too many logs out', async () => {
    const often = Array.from({ length: MAX_ENDED_OF_ONE_USER + 1 }, (_, index) =>
      session(String(index), 'eve'),
    );
    const users = Array.from({ length: MAX_USERS - 2 }, (_, index) => {
      return [`user-${index}`, { ids: ['1'], beganUntil: now, allUntil: 0, forgetAt: now + MINUTE }] as const;
    });
    const inMemory = endedSessions({ users, everybodyUntil: 0 }, () => undefined, clock);
    const [first, last] = [session('1', 'user-0'), session('1', 'grace')];
    for (const each of often) await inMemory.end(each);
    now -= 5000;
    await inMemory.end(session('1'));
    await inMemory.end(last);
    for (const each of [first, last, ...often]) expect(await inMemory.isEnded(each)).toBe(true);
  });

  it('has them when the clock is set forward for a while', async () => {
    const first = session('1');
    await ended.end(first);
    now += 60 * MINUTE;
    await ended.end(session('2', 'grace'));
    now -= 60 * MINUTE;
    expect(await ended.isEnded(first)).toBe(true);
  });

  it('is read from a file of the version before', async () => {
    await ended.end(session('1'));
    const state = readFileSync(file, 'utf8');
    writeFileSync(file, state.replace(/"beganUntil":\d+,/, ''));
    expect(readFileSync(file, 'utf8')).not.toBe(state);
    expect(await open().isEnded(session('1'))).toBe(true);
  });

  it('ends everybody rather than forget somebody when too many users log out', async () => {
    const sessions = Array.from({ length: MAX_USERS + 1 }, (_, index) => session('1', `user-${index}`));
    const elsewhere = session('1', 'grace');
    const users = sessions.slice(0, -2).map(({ id, user, beganAt, endsAt }) => {
      return [user, { ids: [id], beganUntil: beganAt, allUntil: 0, forgetAt: endsAt }] as const;
    });
    const inMemory = endedSessions({ users, everybodyUntil: 0 }, () => undefined, clock);
    await inMemory.end(sessions.at(-2)!);
    expect(await inMemory.isEnded(elsewhere)).toBe(false);
    await inMemory.end(sessions.at(-1)!);
    for (const each of [sessions[0]!, sessions.at(-1)!, elsewhere])
      expect(await inMemory.isEnded(each)).toBe(true);
    now += 1;
    expect(await inMemory.isEnded(session('after'))).toBe(false);
  });
});
