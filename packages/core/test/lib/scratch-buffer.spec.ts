import { withScratch } from '../../src/lib/scratch-buffer.js';

describe('a scratch buffer', () => {
  it('holds the octets of a text for as long as one call takes', () => {
    expect(withScratch('aGVyYWxk', 'base64url', String)).toBe('herald');
    expect(withScratch('\u00e9', 'latin1', (octets) => [...octets])).toEqual([0xe9]);
  });

  it('is shared from one call to the next', () => {
    const memory = (): ArrayBufferLike => withScratch('text', 'latin1', ({ buffer }) => buffer);
    expect(memory()).toBe(memory());
  });

  it('is not given to a call inside another one', () => {
    const texts = withScratch('outer', 'latin1', (outer) => [
      withScratch('inner', 'latin1', String),
      String(outer),
    ]);
    expect(texts).toEqual(['inner', 'outer']);
  });

  it('is given back by a call that throws', () => {
    const fail = () =>
      withScratch('text', 'latin1', () => {
        throw new RangeError('no');
      });
    const memory = (): ArrayBufferLike => withScratch('text', 'latin1', ({ buffer }) => buffer);
    const before = memory();
    expect(fail).toThrow(RangeError);
    expect(memory()).toBe(before);
  });

  it('leaves a text that is too long for it a buffer of its own', () => {
    expect(withScratch('x'.repeat(10_000), 'latin1', ({ length }) => length)).toBe(10_000);
  });
});
