import { DEFAULT_BACK_OFF, delayAfter } from '../src/back-off.js';

describe('The wait between attempts', () => {
  const backOff = { firstDelaySeconds: 2, longestDelaySeconds: 60, maxAttempts: 10 };

  it('doubles after each failure, up to the longest', () => {
    const delays = [1, 2, 3, 5, 6, 9].map((attempt) => delayAfter(attempt, backOff, 0));
    expect(delays).toEqual([2, 4, 8, 32, 60, 60]);
  });

  it('is shortened at random, by half at most', () => {
    expect(delayAfter(3, backOff, 0.5)).toBe(6);
    expect(delayAfter(3, backOff, 1)).toBe(4);
  });

  it('gives a mail server the better part of an hour to come back, even when all are shortened', () => {
    const waits = Array.from({ length: DEFAULT_BACK_OFF.maxAttempts - 1 }, (_, index) =>
      delayAfter(index + 1, DEFAULT_BACK_OFF, 1),
    );
    expect(waits.reduce((sum, seconds) => sum + seconds, 0)).toBeGreaterThan(50 * 60);
  });
});
