import { DEFAULT_BACK_OFF, delayAfter } from '../src/back-off.js';

describe('The wait between attempts', () => {
  const backOff = { firstDelaySeconds: 2, longestDelaySeconds: 60, giveUpAfterSeconds: 86_400 };

  it('doubles after each failure, up to the longest', () => {
    const delays = [1, 2, 3, 5, 6, 9].map((attempt) => delayAfter(attempt, backOff, 0));
    expect(delays).toEqual([2, 4, 8, 32, 60, 60]);
    expect(delayAfter(5_000, backOff, 0)).toBe(60);
  });

  it('is shortened at random, by half at most', () => {
    expect(delayAfter(3, backOff, 0.5)).toBe(6);
    expect(delayAfter(3, backOff, 1)).toBe(4);
  });

  it('is half an hour at most, for the five days that a mail server has to come back', () => {
    expect(delayAfter(100, DEFAULT_BACK_OFF, 0)).toBe(30 * 60);
    expect(DEFAULT_BACK_OFF.giveUpAfterSeconds).toBe(5 * 24 * 60 * 60);
  });
});
