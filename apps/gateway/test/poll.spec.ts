import { poll } from '../public/poll.js';

/** Asks what has its last answer at the question with that number; tells what was waited before each. */
async function ask(
  last: number,
): Promise<{ readonly waitsMs: readonly number[]; readonly isKnown: boolean }> {
  const waitsMs: number[] = [];
  const isKnown = await poll(
    () => Promise.resolve(waitsMs.length === last),
    (waitMs) => Promise.resolve(waitsMs.push(waitMs)),
  );
  return { waitsMs, isKnown };
}

describe('Polling for what became of a message', () => {
  it('asks soon, and no more when it is known', async () => {
    const { waitsMs, isKnown } = await ask(1);
    expect([waitsMs.length, isKnown]).toEqual([1, true]);
    expect(waitsMs[0]).toBeLessThan(1_000);
  });

  it('asks less and less often, and gives up after about a minute', async () => {
    const { waitsMs, isKnown } = await ask(Infinity);
    expect(isKnown).toBe(false);
    expect(waitsMs).toEqual([...waitsMs].sort((a, b) => a - b));
    const totalMs = waitsMs.reduce((sum, waitMs) => sum + waitMs);
    expect(totalMs).toBeGreaterThan(50_000);
    expect(totalMs).toBeLessThan(70_000);
    expect(await ask(waitsMs.length)).toEqual({ waitsMs, isKnown: true });
  });
});
