import { cacheAgeSeconds } from '../../src/jwks/fetch-jwks.js';

describe('the Cache-Control of a key set', () => {
  it.each([
    ['max-age=600', 600],
    ['public, max-age=300, must-revalidate', 300],
    ['MAX-AGE="300"', 300],
    ['max-age=300, max-age=900', 300],
    ['s-maxage=900, max-age=300', 300],
  ])('%s is honoured', (value, seconds) => {
    expect(cacheAgeSeconds(value)).toBe(seconds);
  });

  it.each([
    ['max-age=0', 60],
    ['max-age=59', 60],
    ['max-age=60', 60],
    ['no-store', 60],
    ['no-cache, max-age=600', 60],
    ['max-age=86400', 86_400],
    ['max-age=86401', 86_400],
    ['max-age=315360000', 86_400],
    [`max-age=${'9'.repeat(400)}`, 86_400],
  ])('%s is kept between a minute and a day', (value, seconds) => {
    expect(cacheAgeSeconds(value)).toBe(seconds);
  });

  it.each([
    'max-age',
    'max-age=',
    'max-age=-1',
    'max-age=1e9',
    'max-age=ten',
    'max-age="60',
    'max-age=0x500',
  ])('%s cannot be read, and counts as no age at all', (value) => {
    expect(cacheAgeSeconds(value)).toBe(60);
  });

  it.each([null, '', ',,', 'public', 'immutable', 's-maxage=900', 'xmax-age=9'])(
    '%s says nothing',
    (value) => {
      expect(cacheAgeSeconds(value)).toBeUndefined();
    },
  );
});
