import fc from 'fast-check';
import { FairTurns } from '../../../src/inbound/introspection/fair-turns.js';

/** Whoever has had a turn, in this order. */
function take(turns: FairTurns, names: readonly string[], had: string[]): void {
  for (const name of names) {
    const turn = turns.take(name);
    if (turn === true) had.push(name);
    else if (turn !== false) void turn.then((mayGo) => mayGo && had.push(name));
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('turns', () => {
  it('are had at once while there are places, and then by turns of the names', async () => {
    const turns = new FairTurns({ atOnce: 2, mostWaiting: 100, waitMs: 60_000 });
    const had: string[] = [];
    take(turns, ['a', 'a', 'a', 'a', 'a', 'b', 'b', 'c', 'a'], had);
    expect(had).toEqual(['a', 'a']);
    for (let turn = 0; turn < 9; turn++) {
      turns.end();
      await settled();
    }
    expect(had).toEqual(['a', 'a', 'a', 'b', 'c', 'a', 'b', 'a', 'a']);
    expect(turns.take('b')).toBe(true);
    expect(turns.take('b')).toBe(true);
    expect(turns.take('b')).not.toBe(true);
  });

  it('are waited for by as many under one name as there are places to wait left', () => {
    const turns = new FairTurns({ atOnce: 1, mostWaiting: 8, waitMs: 60_000 });
    void turns.take('a');
    const waiting = (name: string) =>
      Array.from({ length: 10 }, () => turns.take(name)).filter((turn) => turn !== false);
    expect(waiting('a')).toHaveLength(4);
    expect(waiting('b')).toHaveLength(2);
    expect(waiting('c')).toHaveLength(1);
    expect(waiting('d')).toHaveLength(1);
    expect(waiting('e')).toHaveLength(0);
    for (let turn = 0; turn < 9; turn++) turns.end();
    expect(turns.take('e')).toBe(true);
  });

  it('are not waited for any longer than that', async () => {
    const turns = new FairTurns({ atOnce: 1, mostWaiting: 8, waitMs: 20 });
    void turns.take('a');
    const late = ['a', 'b', 'a'].map(async (name) => turns.take(name));
    expect(await Promise.all(late)).toEqual([false, false, false]);
    // Nobody waits any more, so nobody is told.
    turns.end();
    expect(turns.take('b')).toBe(true);
    const next = turns.take('a');
    turns.end();
    expect(await next).toBe(true);
  });

  it('are never had by more at once than may, and everybody who waits has one', async () => {
    const anyStep = fc.oneof(fc.constantFrom('a', 'b', 'c'), fc.constant(undefined));
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyStep, { maxLength: 60 }),
        fc.integer({ min: 1, max: 4 }),
        async (steps, atOnce) => {
          const turns = new FairTurns({ atOnce, mostWaiting: 1000, waitMs: 60_000 });
          const had: string[] = [];
          let ended = 0;
          const end = async (): Promise<void> => {
            turns.end();
            ended++;
            await Promise.resolve();
          };
          for (const name of steps) {
            if (name !== undefined) take(turns, [name], had);
            else if (ended < had.length) await end();
            expect(had.length - ended).toBeLessThanOrEqual(atOnce);
          }
          while (ended < had.length) await end();
          const names = steps.filter((name) => name !== undefined);
          expect([...had].sort()).toEqual(names.sort());
        },
      ),
    );
  });
});
