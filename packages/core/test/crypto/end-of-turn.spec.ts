import { doneAtEndOfTurn } from '../../src/crypto/end-of-turn.js';

describe('work at the end of a turn', () => {
  it('is done in one go and in order, before whoever waits for it goes on', async () => {
    const happened: string[] = [];
    const first = doneAtEndOfTurn(() => happened.push('first')).then(() => happened.push('after first'));
    const second = doneAtEndOfTurn(() => happened.push('second')).then(() => happened.push('after second'));
    await Promise.resolve();
    expect(happened).toEqual([]);
    await Promise.all([first, second]);
    expect(happened).toEqual(['first', 'second', 'after first', 'after second']);
  });

  it('that fails fails for whoever waits for it, and for nobody else', async () => {
    const failing = doneAtEndOfTurn(() => {
      throw new TypeError('no such key');
    });
    const other = doneAtEndOfTurn(() => true);
    await expect(failing).rejects.toThrow(new TypeError('no such key'));
    await expect(other).resolves.toBe(true);
  });

  it('that is asked for meanwhile has its turn too', async () => {
    const nested = doneAtEndOfTurn(() => doneAtEndOfTurn(() => 'later'));
    await expect(nested).resolves.toBe('later');
  });
});
