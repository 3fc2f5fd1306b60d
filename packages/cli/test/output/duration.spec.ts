import { formatDuration, parseDuration } from '../../src/output/duration.js';

describe('a duration that is typed', () => {
  it.each([
    ['90s', 90],
    ['15m', 900],
    ['12h', 43_200],
    ['30d', 2_592_000],
    ['1s', 1],
    ['3650d', 315_360_000],
  ])('%s is %d seconds', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });

  it.each([
    '',
    '30',
    's',
    '0d',
    '3651d',
    '-1d',
    '1.5h',
    '1 h',
    '1M',
    '1w',
    '1h30m',
    '١d',
    '9999999999s',
    '30d ',
  ])('%j is none', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});

describe('a duration that is printed', () => {
  it.each([
    [0, '0 s'],
    [-5, '0 s'],
    [0.1, '1 s'],
    [59, '59 s'],
    [119, '119 s'],
    [120, '2 min'],
    [121, '3 min'],
    [240, '4 min'],
    [3_600, '1 h'],
    [3_601, '1 h 1 min'],
    [19_200, '5 h 20 min'],
    [86_400, '1 d'],
    [86_399, '24 h'],
    [86_401, '1 d 1 h'],
    [2_520_000, '29 d 4 h'],
  ])('%d seconds are %s, never less than it is', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });
});
