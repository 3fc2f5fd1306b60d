import { median, ratio, spread } from '../src/results/statistics.js';

describe('the statistics of a run', () => {
  it('take the middle sample, whatever the order', () => {
    expect(median([30, 10, 20])).toBe(20);
  });

  it('take the mean of the two middle samples when their number is even', () => {
    expect(median([10, 40, 20, 30])).toBe(25);
  });

  it('refuse to take the median of nothing', () => {
    expect(() => median([])).toThrow(RangeError);
  });

  it('tell the spread as a part of the median', () => {
    expect(spread([90, 100, 110])).toBeCloseTo(0.1);
    expect(spread([100])).toBe(0);
  });

  it('compare round by round, so that a machine that slows down changes no ratio', () => {
    expect(ratio([200, 100, 50], [100, 50, 25])).toBe(2);
  });

  it('compare medians where the rounds are not the same', () => {
    expect(ratio([200, 220, 240], [110])).toBe(2);
  });
});
