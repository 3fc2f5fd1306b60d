import { readByteSize } from '../../../src/http/request/byte-size.js';

describe('A size in bytes', () => {
  it.each([
    [0, 0],
    [1_048_576, 1_048_576],
    ['0b', 0],
    ['100b', 100],
    ['512kb', 524_288],
    ['512 KB', 524_288],
    ['10mb', 10_485_760],
    ['1.5mb', 1_572_864],
    ['1.0001kb', 1024],
    ['1gb', 1_073_741_824],
  ])('is read from %j', (size, bytes) => {
    expect(readByteSize(size, '@BodyLimit()')).toBe(bytes);
  });

  it.each([
    ['nothing', undefined],
    ['a negative number', -1],
    ['half a byte', 0.5],
    ['no number', Number.NaN],
    ['more than 1gb', 1_073_741_825],
    ['more than 1gb as text', '1025mb'],
    ['a text without a unit', '10'],
    ['an unknown unit', '10mib'],
    ['a unit alone', 'mb'],
    ['a negative text', '-1mb'],
    ['an empty text', ''],
    ['two sizes', '1mb 2mb'],
    ['an exponent', '1e3kb'],
  ])('is refused where it is %s', (_what, size) => {
    expect(() => readByteSize(size as string, '@BodyLimit()')).toThrow(
      "@BodyLimit() must be a whole number of bytes or a size with its unit, such as '512kb' or '10mb', of at most 1gb",
    );
    expect(() => readByteSize(size as string, '@BodyLimit()')).toThrow(TypeError);
  });
});
