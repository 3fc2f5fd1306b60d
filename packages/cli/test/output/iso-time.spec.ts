import { describeTime, roundedUpIsoTime } from '../../src/output/iso-time.js';

const now = Date.parse('2026-01-01T00:00:00Z') / 1000;

describe('a time', () => {
  it('is rounded up to the second: whoever waits until then has waited long enough', () => {
    expect(roundedUpIsoTime(now)).toBe('2026-01-01T00:00:00Z');
    expect(roundedUpIsoTime(now + 0.001)).toBe('2026-01-01T00:00:01Z');
  });

  it.each([
    [240, '2026-01-01T00:04:00Z (in 4 min)'],
    [0.5, '2026-01-01T00:00:01Z (in 1 s)'],
    [0, '2026-01-01T00:00:00Z (now)'],
    [-1, '2025-12-31T23:59:59Z (1 s ago)'],
    [-7_200, '2025-12-31T22:00:00Z (2 h ago)'],
  ])('%d seconds from now reads %s', (seconds, text) => {
    expect(describeTime(now + seconds, now)).toBe(text);
  });
});
