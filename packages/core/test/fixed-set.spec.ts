import { fixedSet } from '../src/fixed-set.js';

describe('a fixed set', () => {
  it('is a set of its values', () => {
    const set = fixedSet(['a', 'b', 'a']);
    expect(set).toEqual(new Set(['a', 'b']));
    expect(set).toBeInstanceOf(Set);
    expect([...set, set.has('a'), set.has('c'), set.size]).toEqual(['a', 'b', true, false, 2]);
    expect(new Set(set).add('c').size).toBe(3);
  });

  it.each(['add', 'delete', 'clear'] as const)('has a %s that throws and changes nothing', (name) => {
    const set = fixedSet(['a']) as Set<string>;
    expect(() => set[name]('a')).toThrow(TypeError);
    expect([...set]).toEqual(['a']);
  });
});
