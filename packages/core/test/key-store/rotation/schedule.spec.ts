import fc from 'fast-check';
import { CountersignError } from '../../../src/errors.js';
import { type KeyOverlap, type KeyRotation } from '../../../src/key-store/rotation/key-record.js';
import { nextStep, shortestCycleSeconds } from '../../../src/key-store/rotation/schedule.js';
import {
  activation,
  changesBetween,
  firstKey,
  preparation,
  retirement,
  revocation,
  scheduledStep,
  type Transition,
} from '../../../src/key-store/rotation/transitions.js';

const START = 1_767_225_600;

/** Keys that are changed in memory, at moments that a test chooses. */
class Timeline {
  now = START;
  rotation: KeyRotation;
  #made = 0;

  constructor(overlap: Partial<KeyOverlap> = {}) {
    const usual = { verifierCacheSeconds: 300, longestTokenSeconds: 300 };
    this.rotation = { keys: [], overlap: { ...usual, ...overlap } };
    this.take(firstKey('ES256'));
  }

  /** How many keys changed. */
  take(transition: Transition): number {
    const algorithm = transition.newKeyFor(this.rotation, this.now);
    const keyId = `key-${String((this.#made += 1))}`;
    const made = algorithm === undefined ? undefined : { keyId, algorithm, file: `${keyId}.jwk.json` };
    const keys = transition.apply(this.rotation, this.now, made);
    const changed = changesBetween(this.rotation.keys, keys);
    this.rotation = { ...this.rotation, keys };
    return changed.length;
  }

  states(): readonly string[] {
    return this.rotation.keys.map(({ keyId, state }) => `${keyId} ${state}`);
  }

  next(everySeconds?: number): unknown {
    const { notBefore, ...step } = nextStep(this.rotation, this.now, everySeconds);
    return { ...step, inSeconds: notBefore - this.now };
  }
}

function refusal(act: () => unknown): CountersignError {
  try {
    act();
  } catch (error) {
    if (error instanceof CountersignError) return error;
  }
  throw new Error('it was not refused');
}

describe('one rotation after the other', () => {
  it('publishes, waits for caches, signs, waits for tokens, and forgets', () => {
    const timeline = new Timeline();
    expect(timeline.states()).toEqual(['key-1 active']);
    expect(timeline.next()).toEqual({ action: 'prepare', keyId: undefined, inSeconds: 0 });

    timeline.take(preparation());
    expect(timeline.states()).toEqual(['key-1 active', 'key-2 pending']);
    expect(timeline.next()).toEqual({ action: 'activate', keyId: 'key-2', inSeconds: 330 });

    timeline.now += 330;
    timeline.take(activation({}));
    expect(timeline.states()).toEqual(['key-1 retiring', 'key-2 active']);
    expect(timeline.next()).toEqual({ action: 'retire', keyId: 'key-1', inSeconds: 630 });

    timeline.now += 630;
    timeline.take(retirement({}));
    expect(timeline.states()).toEqual(['key-1 gone', 'key-2 active']);
  });

  it('refuses to sign with a key a moment before the last cache has it, and says when it may', () => {
    const timeline = new Timeline();
    timeline.take(preparation());
    timeline.now += 329.9;
    const error = refusal(() => timeline.take(activation({})));
    expect(error).toMatchObject({ code: 'rotation_too_early', notBefore: START + 330, retryAfterSeconds: 1 });
    expect(timeline.states()).toEqual(['key-1 active', 'key-2 pending']);
    timeline.now += 0.1;
    expect(timeline.take(activation({}))).toBe(2);
  });

  it('refuses to forget a key a moment before its last token has expired', () => {
    const timeline = new Timeline();
    timeline.take(preparation());
    timeline.take(activation({ force: true }));
    timeline.now += 629.9;
    const error = refusal(() => timeline.take(retirement({})));
    expect(error).toMatchObject({ code: 'rotation_too_early', notBefore: START + 630 });
    timeline.now += 0.1;
    expect(timeline.take(retirement({}))).toBe(1);
  });

  it('waits as long as the overlap says', () => {
    const timeline = new Timeline({ verifierCacheSeconds: 3600, longestTokenSeconds: 900 });
    timeline.take(preparation());
    expect(timeline.next()).toMatchObject({ inSeconds: 3630 });
    timeline.take(activation({ force: true }));
    expect(timeline.next()).toMatchObject({ inSeconds: 1230 });
  });

  it('goes too fast only by force', () => {
    const timeline = new Timeline();
    timeline.take(preparation());
    timeline.take(activation({ force: true }));
    timeline.take(retirement({ force: true }));
    expect(timeline.states()).toEqual(['key-1 gone', 'key-2 active']);
  });
});

describe('a command that comes twice', () => {
  it.each([
    ['prepare', preparation()],
    ['activate', activation({ keyId: 'key-2', force: true })],
    ['retire', retirement({ keyId: 'key-1', force: true })],
    ['revoke', revocation('key-2')],
  ])('does nothing the second time: %s', (_name, command) => {
    const timeline = new Timeline();
    timeline.take(preparation());
    timeline.take(activation({ force: true }));
    timeline.take(command);
    expect(timeline.take(command)).toBe(0);
  });
});

it('activating twice without naming the key says which one signs, since when, and that nothing may be due', () => {
  const timeline = new Timeline();
  timeline.take(preparation());
  timeline.now += 330;
  timeline.take(activation({}));
  timeline.now += 60;
  const { code, message } = refusal(() => timeline.take(activation({})));
  expect(code).toBe('rotation_not_possible');
  expect(message).toContain('key-2 has signed since 2026-01-01T00:05:30.000Z');
  expect(message).toContain('nothing is due');
});

describe('a command that cannot be', () => {
  it.each([
    ['activates when nothing is pending', activation({ force: true }), /no key is pending/],
    ['activates a key that is gone', activation({ keyId: 'key-0', force: true }), /no key of this directory/],
    ['retires the key that signs', retirement({ keyId: 'key-1', force: true }), /is active, not retiring/],
    ['revokes a key that is not there', revocation('key-0'), /no key of this directory/],
  ])('is refused: one that %s', (_what, command, problem) => {
    const timeline = new Timeline();
    const error = refusal(() => timeline.take(command));
    expect(error).toMatchObject({ code: 'rotation_not_possible', message: expect.stringMatching(problem) });
  });

  it('is refused: one that prepares a key for another algorithm than the pending one', () => {
    const timeline = new Timeline();
    timeline.take(preparation('EdDSA'));
    expect(refusal(() => timeline.take(preparation('RS256'))).code).toBe('rotation_not_possible');
    expect(timeline.take(preparation('EdDSA'))).toBe(0);
  });
});

describe('revoking', () => {
  it('the key that signs lets the oldest pending one sign in the same step', () => {
    const timeline = new Timeline();
    timeline.take(preparation());
    expect(timeline.take(revocation('key-1'))).toBe(2);
    expect(timeline.states()).toEqual(['key-1 gone', 'key-2 active']);
  });

  it('the key that signs, when none is pending, makes one for the same algorithm', () => {
    const timeline = new Timeline();
    timeline.take(preparation('PS256'));
    timeline.take(activation({ force: true }));
    timeline.take(revocation('key-2'));
    expect(timeline.states()).toEqual(['key-1 retiring', 'key-2 gone', expect.stringMatching(/ active$/)]);
    expect(timeline.rotation.keys.at(-1)?.algorithm).toBe('PS256');
  });

  it.each(['pending', 'retiring'])('a key that is %s takes nothing but that key', (state) => {
    const timeline = new Timeline();
    timeline.take(preparation());
    if (state === 'retiring') timeline.take(activation({ force: true }));
    const key = timeline.rotation.keys.find((each) => each.state === state)!;
    expect(timeline.take(revocation(key.keyId))).toBe(1);
  });
});

describe('on a schedule', () => {
  const EVERY = 3600;

  it('a key is prepared early enough to sign on time', () => {
    const timeline = new Timeline();
    expect(timeline.next(EVERY)).toEqual({ action: 'prepare', keyId: undefined, inSeconds: EVERY - 330 });
    timeline.now += EVERY - 330;
    timeline.take(scheduledStep(EVERY));
    expect(timeline.next(EVERY)).toEqual({ action: 'activate', keyId: 'key-2', inSeconds: 330 });
    timeline.now += 330;
    timeline.take(scheduledStep(EVERY));
    expect(timeline.states()).toEqual(['key-1 retiring', 'key-2 active']);
  });

  it('nothing happens before it is due', () => {
    const timeline = new Timeline();
    timeline.now += EVERY - 331;
    expect(timeline.take(scheduledStep(EVERY))).toBe(0);
  });

  it('a service that slept for days still waits for the caches', () => {
    const timeline = new Timeline();
    timeline.now += 10 * EVERY;
    timeline.take(scheduledStep(EVERY));
    expect(timeline.take(scheduledStep(EVERY))).toBe(0);
    expect(timeline.next(EVERY)).toEqual({ action: 'activate', keyId: 'key-2', inSeconds: 330 });
  });
});

/** How long each key was published and signed, as a verifier and a token see it. */
function expectUnbroken(keys: KeyRotation['keys'], overlap: KeyOverlap): void {
  for (const key of keys.slice(1)) {
    // Whoever fetched the set just before the key was published keeps that set for so long.
    if (key.activatedAt !== undefined)
      expect(key.activatedAt - key.preparedAt).toBeGreaterThanOrEqual(overlap.verifierCacheSeconds);
  }
  for (const key of keys) {
    // The last token was signed when the key stopped signing, and a verifier may be 300 s tolerant.
    if (key.goneAt !== undefined)
      expect(key.goneAt - key.retiringAt!).toBeGreaterThanOrEqual(overlap.longestTokenSeconds + 300);
  }
  expect(keys.filter(({ state }) => state === 'active')).toHaveLength(1);
}

const overlaps = fc.record({
  verifierCacheSeconds: fc.integer({ min: 60, max: 86_400 }),
  longestTokenSeconds: fc.integer({ min: 300, max: 86_400 }),
});

const commands = fc.oneof(
  fc.record({ command: fc.constantFrom('prepare', 'activate', 'retire', 'rotate') }),
  fc.record({ command: fc.constantFrom('activateKey', 'retireKey'), index: fc.nat(10) }),
  fc.record({ command: fc.constant('wait'), seconds: fc.double({ min: 0, max: 3, noNaN: true }) }),
);

it('whatever the order of commands, no verifier misses a key that signs and no token outlives its key', () => {
  fc.assert(
    fc.property(overlaps, fc.array(commands, { maxLength: 60 }), (overlap, list) => {
      const timeline = new Timeline(overlap);
      const cycle = shortestCycleSeconds(overlap);
      for (const each of list) {
        const keyId = 'index' in each ? timeline.rotation.keys[each.index]?.keyId : undefined;
        const transitions: Readonly<Record<string, Transition>> = {
          prepare: preparation(),
          activate: activation({}),
          retire: retirement({}),
          rotate: scheduledStep(cycle),
          activateKey: activation({ keyId }),
          retireKey: retirement({ keyId }),
        };
        if ('seconds' in each) timeline.now += each.seconds * (cycle / 3);
        else if (!('index' in each) || keyId !== undefined) attempt(timeline, transitions[each.command]!);
        expectUnbroken(timeline.rotation.keys, overlap);
      }
    }),
    { numRuns: 500 },
  );
});

function attempt(timeline: Timeline, transition: Transition): void {
  try {
    timeline.take(transition);
  } catch (error) {
    if (!(error instanceof CountersignError) || !error.code.startsWith('rotation_')) throw error;
  }
}

it('on the shortest schedule, asked at any moments, at most three keys are published, and rotation goes on', () => {
  fc.assert(
    fc.property(overlaps, fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 50 }), (overlap, waits) => {
      const timeline = new Timeline(overlap);
      const cycle = shortestCycleSeconds(overlap);
      for (const wait of waits) {
        timeline.now += (wait / 100) * cycle;
        while (timeline.take(scheduledStep(cycle)) > 0);
        const published = timeline.rotation.keys.filter(({ state }) => state !== 'gone');
        expect(published.length).toBeLessThanOrEqual(3);
      }
      expectUnbroken(timeline.rotation.keys, overlap);
      const elapsed = timeline.now - START;
      // Asked at least once a cycle, a key signs for three cycles at most: prepared late, activated late.
      expect(timeline.rotation.keys.length).toBeGreaterThanOrEqual(Math.floor(elapsed / (3 * cycle)));
    }),
    { numRuns: 200 },
  );
});
